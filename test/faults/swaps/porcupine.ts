import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram } from '../../stack/prerequisite.ts'
import { runCommand } from '../../stack/processes.ts'
import { sourceFile } from '../../stack/project.ts'
import type { FigureOptions } from '../figure.ts'
import type { Register } from './register.ts'

const BUILD_LIMIT_MS = 180_000
const CHECK_LIMIT_MS = 300_000

export interface PorcupineVerdict {
  readonly told: 'agrees' | 'disagrees' | 'no go'
  readonly faults: readonly string[]
}

/** Checks the same histories with porcupine, if Go is installed to build it. */
export async function askPorcupine(
  registers: readonly Register[],
  { folder, signal }: FigureOptions,
): Promise<PorcupineVerdict> {
  const go = findProgram('go')
  if (go === undefined) return { told: 'no go', faults: [] }
  const program = join(folder, 'porcupine')
  const source = sourceFile('test/faults/swaps/porcupine')
  await runCommand(go, ['build', '-o', program, '.'], {
    cwd: source,
    env: { TMPDIR: folder },
    signal,
    limitMs: BUILD_LIMIT_MS,
  })
  const histories = join(folder, 'histories.json')
  await writeFile(histories, JSON.stringify(registers.map(({ events }) => events)))
  const options = { cwd: folder, signal, limitMs: CHECK_LIMIT_MS }
  const faults = (await runCommand(program, [histories], options)).split('\n').filter(Boolean)
  return { told: faults.length === 0 ? 'agrees' : 'disagrees', faults }
}
