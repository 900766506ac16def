import { join } from 'node:path'
import type { PartOptions } from '../part.ts'
import { requireProgram } from '../prerequisite.ts'
import { runCommand } from '../processes.ts'
import { cached } from './download-cache.ts'

const INSTALL_LIMIT_MS = 600_000
const PIP = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check']
export const HOW_TO_GET_PYTHON =
  'install Python 3.11 or newer (Debian and Ubuntu: apt-get install python3 python3-venv)'

/**
 * Installs packages in a Python virtual environment.
 *
 * @param packages as arguments of pip
 * @param ingredients as `cached` takes them
 * @returns its interpreter; its other programs contain the path of their build
 */
export async function installPackages(
  name: string,
  packages: readonly string[],
  { folder: cwd, signal }: PartOptions,
  ingredients = packages,
): Promise<string> {
  const system = requireProgram('python3', HOW_TO_GET_PYTHON)
  const environment = await cached(name, ingredients, async (folder) => {
    const how = { cwd, signal, limitMs: INSTALL_LIMIT_MS }
    await runCommand(system, ['-m', 'venv', folder], how)
    await runCommand(join(folder, 'bin/python'), [...PIP, ...packages], how)
  })
  return join(environment, 'bin/python')
}
