import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { killAllGroups, markedProcesses, RUN_MARKER } from '../stack/processes.ts'
import { type Stack, startStack } from '../stack/stack.ts'
import { runTestFile, type TestFileResult } from './test-file.ts'

export const FILE_LIMIT_MS = 300_000
export const RUN_LIMIT_MS = 3_600_000
const UNIT_FILES_AT_ONCE = 3

export type RunOptions = {
  /** The folder of compiled tests; files in its `live` folder need the stack. */
  readonly root: string
  /** How a test file's name ends. */
  readonly suffix: string
  /** Leaves out what needs the stack. */
  readonly unitOnly: boolean
  /** Only files whose path from the root holds this text. */
  readonly pattern?: string
  /** The run fails when it finds fewer files: a build that lost its tests is no success. */
  readonly filesMin: number
  readonly fileLimitMs?: number
  readonly exitLimitMs?: number
  readonly runLimitMs?: number
  readonly signal: AbortSignal
  write(text: string): void
}

/**
 * Runs the test files, those that need the stack last and one at a time, and prints a line for
 * each, the whole output of those that failed, and `N passed, N failed` at the end. The exit code.
 * When it returns, nothing it has started is running and its temporary folder is gone.
 */
export async function runTests(options: RunOptions): Promise<number> {
  const files = await findTestFiles(options)
  if (files.length < options.filesMin) {
    options.write(`found ${files.length} test files, expected at least ${options.filesMin}\n`)
    return 1
  }
  const folder = await mkdtemp(join(tmpdir(), 'magnetodb-test-'))
  const limit = AbortSignal.timeout(options.runLimitMs ?? RUN_LIMIT_MS)
  const signal = AbortSignal.any([options.signal, limit])
  signal.addEventListener('abort', killAllGroups)
  let results: TestFileResult[]
  try {
    results = await runAll(files, { ...options, signal }, folder)
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error)
    options.write(`${signal.aborted ? abortMessage(limit) : told}\n`)
    return 1
  } finally {
    signal.removeEventListener('abort', killAllGroups)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  const complaints = signal.aborted ? [abortMessage(limit)] : []
  const left = markedProcesses(RUN_MARKER)
  for (const pid of left) process.kill(pid, 'SIGKILL')
  if (left.length > 0) complaints.push(`servers were left running: ${left.join(', ')}`)
  return report(results, complaints, options)
}

async function findTestFiles(options: RunOptions): Promise<string[]> {
  const names = await readdir(options.root, { recursive: true })
  return names
    .filter((name) => name.endsWith(options.suffix))
    .filter((name) => !(options.unitOnly && isLive(name)))
    .filter((name) => name.includes(options.pattern ?? ''))
    .sort()
}

function isLive(path: string): boolean {
  return path.startsWith('live/')
}

async function runAll(
  files: readonly string[],
  options: RunOptions,
  folder: string,
): Promise<TestFileResult[]> {
  const live = files.filter(isLive)
  const unit = files.filter((path) => !isLive(path))
  const note = (line: string) => options.write(`${line}\n`)
  const { signal } = options
  const stack = live.length > 0 ? await startStack({ folder, signal, note }) : undefined
  try {
    return [
      ...(await runFiles(unit, UNIT_FILES_AT_ONCE, {}, options, folder)),
      ...(await runFiles(live, 1, stack?.environment ?? {}, options, folder)),
    ]
  } finally {
    await stack?.stop()
  }
}

async function runFiles(
  paths: readonly string[],
  atOnce: number,
  environment: Stack['environment'],
  options: RunOptions,
  folder: string,
): Promise<TestFileResult[]> {
  const waiting = [...paths]
  const results: TestFileResult[] = []
  const runWaiting = async () => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      if (options.signal.aborted) return
      const result = await runTestFile({
        root: options.root,
        path,
        folder,
        environment,
        limitMs: options.fileLimitMs ?? FILE_LIMIT_MS,
        ...(options.exitLimitMs === undefined ? {} : { exitLimitMs: options.exitLimitMs }),
      })
      results.push(result)
      options.write(describe(result))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, runWaiting))
  return results
}

function describe(result: TestFileResult): string {
  const { path, passed, failed, skipped, durationMs, faults, output } = result
  const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  const seconds = (durationMs / 1000).toFixed(1)
  const line = `${failed === 0 ? 'ok  ' : 'FAIL'} ${path}: ${counts}, ${seconds} s\n`
  if (failed === 0) return line
  return `${line}${faults.map((fault) => `     ${path} ${fault}\n`).join('')}${output}\n`
}

function abortMessage(limit: AbortSignal): string {
  return limit.aborted ? 'the run took too long and was stopped' : 'interrupted'
}

function report(
  results: readonly TestFileResult[],
  complaints: readonly string[],
  options: RunOptions,
): number {
  const sum = (key: 'passed' | 'failed' | 'skipped') =>
    results.reduce((total, result) => total + result[key], 0)
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')]
  for (const complaint of complaints) options.write(`${complaint}\n`)
  for (const result of results) {
    if (result.failed > 0) options.write(`failed: ${result.path}\n`)
  }
  const tail = skipped > 0 ? `, ${skipped} skipped` : ''
  options.write(`${passed} passed, ${failed} failed${tail}\n`)
  return failed > 0 || passed === 0 || complaints.length > 0 ? 1 : 0
}
