import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { killAllGroups, markedProcesses, RUN_MARKER } from '../stack/processes.ts'
import { type Stack, startStack } from '../stack/stack.ts'
import { atOnce } from '../support/at-once.ts'
import { childrenCpu } from './children-cpu.ts'
import { runTestFile, type TestFileLimits, type TestFileResult } from './test-file.ts'

/** 70 minutes: with checks, build and clean-up the whole stays within 75. */
const RUN_LIMIT_MS = 4_200_000
/** Milliseconds for which an interrupted run may clean up before it reports. */
const STOP_LIMIT_MS = 60_000
const SLOWEST_SHOWN = 15
/** Files that need the stack, but not its Keystone, and do not get its address. They run beside
 * the others, which take turns: Keystone sometimes overlooks a role while another client changes
 * roles. */
const WITHOUT_KEYSTONE = ['live/cassandra', 'live/faults/']

export type RunOptions = Partial<TestFileLimits> & {
  /** Folder of the compiled tests. Files in its `live` folder need the stack. */
  readonly root: string
  /** End of a test file's name. */
  readonly suffix: string
  /** Leaves out tests that need the stack. */
  readonly unitOnly: boolean
  /** Only files whose path from the root contains this text. */
  readonly pattern?: string
  /** Only tests whose suite and title contain this text, in any case. */
  readonly title?: string
  /** The run fails if it finds fewer files, as after a build that lost its tests. */
  readonly filesMin: number
  readonly runLimitMs?: number
  readonly signal: AbortSignal
  write(text: string): void
}

/** What a run has come to. What went wrong beside tests counts as one that failed each. */
type Outcome = { readonly results: TestFileResult[]; readonly complaints: string[] }

/**
 * Runs as many test files at once as there are cores, and one more while there are files that need
 * the stack. Of these, two run at once, but never two that use its Keystone. Prints a line for each
 * file, the whole output of failed ones, the slowest files, and always `N passed, N failed` as the
 * last line. When it returns, all processes it started have ended and its temporary folder is
 * removed.
 * @returns the exit code
 */
export async function runTests(options: RunOptions): Promise<number> {
  const outcome: Outcome = { results: [], complaints: [] }
  const files = await findTestFiles(options)
  if (files.length < options.filesMin) {
    const found = `found ${files.length} test files, expected at least ${options.filesMin}`
    return report({ results: [], complaints: [found] }, options)
  }
  const folder = await mkdtemp(join(tmpdir(), 'magnetodb-test-'))
  const limit = AbortSignal.timeout(options.runLimitMs ?? RUN_LIMIT_MS)
  const signal = AbortSignal.any([options.signal, limit])
  signal.addEventListener('abort', killAllGroups)
  try {
    const running = runAll(files, { ...options, signal }, folder, outcome.results)
    await Promise.race([running, untilStopped(signal)])
  } catch (error) {
    if (!signal.aborted)
      outcome.complaints.push(error instanceof Error ? error.message : `${error}`)
  } finally {
    signal.removeEventListener('abort', killAllGroups)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  if (limit.aborted) outcome.complaints.push('the run took too long and was stopped')
  else if (signal.aborted) outcome.complaints.push('interrupted')
  else if (options.title !== undefined && outcome.results.length === 0) {
    outcome.complaints.push(`no test's suite and title hold "${options.title}"`)
  }
  const left = markedProcesses(RUN_MARKER)
  for (const pid of left) process.kill(pid, 'SIGKILL')
  if (left.length > 0) outcome.complaints.push(`servers were left running: ${left.join(', ')}`)
  return report(outcome, options)
}

/** Resolves when an interrupted run has had its time to clean up. */
async function untilStopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
  await delay(STOP_LIMIT_MS, undefined, { ref: false })
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

function usesKeystone(path: string): boolean {
  return !WITHOUT_KEYSTONE.some((start) => path.startsWith(start))
}

async function runAll(
  files: readonly string[],
  options: RunOptions,
  folder: string,
  results: TestFileResult[],
): Promise<void> {
  const live = files.filter(isLive)
  const unit = files.filter((path) => !isLive(path))
  const note = (line: string) => options.write(`${line}\n`)
  const { signal } = options
  const stack = live.length > 0 ? await startStack({ folder, signal, note }) : undefined
  const cpu = childrenCpu()
  const run = (paths: Iterable<string>, lanes: number, environment: Stack['environment']) =>
    atOnce(lanes, paths, async (path) => {
      if (signal.aborted) return
      const result = await runTestFile({ ...options, path, folder, environment, cpu })
      // With `--title`, a file without a matching test is not counted.
      if (result === undefined) return
      results.push(result)
      options.write(describe(result))
    })
  try {
    const unitLeft = unit.values()
    const environment = stack?.environment ?? {}
    const { MAGNETODB_TEST_KEYSTONE: _, ...withoutKeystone } = environment
    const liveFirst = async () => {
      await Promise.all([
        run(live.filter(usesKeystone), 1, environment),
        run(
          live.filter((path) => !usesKeystone(path)),
          1,
          withoutKeystone,
        ),
      ])
      await run(unitLeft, 1, {})
    }
    await Promise.all([liveFirst(), run(unitLeft, availableParallelism() - 1, {})])
  } finally {
    await stack?.stop()
  }
}

function describe(result: TestFileResult): string {
  const { path, passed, failed, skipped, faults, output } = result
  const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  const line = `${failed === 0 ? 'ok  ' : 'FAIL'} ${path}: ${counts}, ${timesOf(result)}\n`
  if (failed === 0) return line
  return `${line}${faults.map((fault) => `     ${path} ${fault}\n`).join('')}${output}\n`
}

function timesOf({ durationMs, cpuMs }: TestFileResult): string {
  return `${(durationMs / 1000).toFixed(1)} s (CPU ${(cpuMs / 1000).toFixed(1)} s)`
}

function report({ results, complaints }: Outcome, options: RunOptions): number {
  if (results.length > SLOWEST_SHOWN) options.write(slowest(results))
  const sum = (key: 'passed' | 'failed' | 'skipped') =>
    results.reduce((total, result) => total + result[key], 0)
  const [passed, skipped] = [sum('passed'), sum('skipped')]
  const failed = sum('failed') + complaints.length
  for (const complaint of complaints) options.write(`${complaint}\n`)
  for (const result of results) {
    if (result.failed > 0) options.write(`failed: ${result.path}\n`)
  }
  const tail = skipped > 0 ? `, ${skipped} skipped` : ''
  options.write(`${passed} passed, ${failed} failed${tail}\n`)
  return failed > 0 || passed === 0 ? 1 : 0
}

function slowest(results: readonly TestFileResult[]): string {
  const sorted = results.toSorted((one, other) => other.durationMs - one.durationMs)
  const lines = sorted.slice(0, SLOWEST_SHOWN).map((each) => `  ${timesOf(each)} ${each.path}\n`)
  return `the slowest of ${results.length} files:\n${lines.join('')}`
}
