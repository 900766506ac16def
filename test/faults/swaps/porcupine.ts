import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram } from '../../stack/prerequisite.ts'
import { runCommand } from '../../stack/processes.ts'
import { sourceFile } from '../../stack/project.ts'
import type { FigureOptions } from '../figure.ts'
import type { Register } from './register.ts'

const BUILD_LIMIT_MS = 180_000
const CHECK_LIMIT_MS = 300_000

/** Checks the same histories with porcupine, if Go is installed to build it. */
export async function askPorcupine(
  registers: readonly Register[],
  { folder, signal }: FigureOptions,
): Promise<{ readonly told: string; readonly faults: readonly string[] }> {
  const go = findProgram('go')
  if (go === undefined) return { told: 'no go', faults: [] }
  const program = join(folder, 'porcupine')
  const source = { cwd: sourceFile('test/faults/swaps/porcupine'), env: { TMPDIR: folder } }
  const building = { ...source, signal, limitMs: BUILD_LIMIT_MS }
  await runCommand(go, ['build', '-o', program, '.'], building)
  const histories = join(folder, 'histories.json')
  await writeFile(histories, JSON.stringify(registers.map(({ events }) => events)))
  const options = { cwd: folder, signal, limitMs: CHECK_LIMIT_MS }
  const faults = (await runCommand(program, [histories], options)).split('\n').filter(Boolean)
  return { told: faults.length === 0 ? 'agrees' : 'disagrees', faults }
}
