import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url))

export interface SpawnedService {
  readonly process: ChildProcess
  readonly url: string
  /** What it has written to standard output. */
  readonly output: () => string
  /** Process ids of the workers that are alive. */
  workers(): Promise<readonly number[]>
  /** Sends the signal and resolves with the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

/** A folder of its own for one test; removed by `remove`. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'magnetodb-process-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export function writeConfig(folder: string, text: string): string {
  const path = join(folder, 'magnetodb.conf')
  writeFileSync(path, text)
  return path
}

/** The whole program: a primary and its workers, on a free port, started by a command that ends as
 * the program if there is one. Ready when this resolves. */
export async function spawnService(
  configFile: string,
  environment: NodeJS.ProcessEnv = {},
  main = MAIN,
  startedBy: readonly string[] = [],
): Promise<SpawnedService> {
  const env = { ...process.env, ...environment }
  const [command = '', ...rest] = [...startedBy, process.execPath, main]
  const primary = spawn(command, [...rest, '--config-file', configFile], { env })
  let output = ''
  let errors = ''
  primary.stderr.on('data', (chunk) => {
    errors += chunk
  })
  const url = await new Promise<string>((resolve, reject) => {
    primary.stdout.on('data', (chunk) => {
      output += chunk
      const [, found] = /listens on (\S+)/.exec(output) ?? []
      if (found) resolve(found)
    })
    primary.once('exit', (code) => reject(new Error(`it ended with ${code}: ${errors}`)))
  })
  const exited = once(primary, 'exit')
  return {
    process: primary,
    url,
    output: () => output,
    workers: () => childrenOf(primary.pid ?? 0),
    async end(signal = 'SIGTERM') {
      primary.kill(signal)
      const [code] = await exited
      return code as number | null
    },
  }
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

/** Runs the program to its end, by a command that is followed by it if there is one. */
export async function runMain(
  args: readonly string[],
  startedBy: readonly string[] = [],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const [command = '', ...rest] = [...startedBy, process.execPath, MAIN, ...args]
  const child = spawn(command, rest)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [code] = await once(child, 'close')
  return { code: code as number | null, stdout, stderr }
}
