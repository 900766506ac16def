/** Runs one compiled test file under uvu in its own process and checks more than uvu's exit code.
 * uvu also exits with 0 when a file runs no test, when `.only` hides the others or when a `before`
 * hook throws, and it never ends while something is left open. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  MARKER_VARIABLE,
  markedProcesses,
  Output,
  signalGroup,
  spawnGroup,
  stopGroup,
} from '../stack/processes.ts'
import { projectRoot } from '../stack/project.ts'
import { TITLE_VARIABLE } from '../support/suite.ts'

const LIMITS = {
  /** Of the whole file: twice what the slowest takes where a CPU is shared with ten others. */
  fileLimitMs: 1_200_000,
  /** After its last test, before that counts as something left open. */
  exitLimitMs: 30_000,
  /** Milliseconds for which the processes that it started may outlive it. */
  leftLimitMs: 15_000,
}
export type TestFileLimits = Readonly<typeof LIMITS>

const POLL_INTERVAL_MS = 50

type TestFileOptions = Partial<TestFileLimits> & {
  /** The root of the compiled tree. `path` is relative to it. */
  readonly root: string
  readonly path: string
  readonly title?: string
  /** The temporary folder for the file's tests, which is removed afterwards. */
  readonly folder: string
  /** Asked at the end of each process that the run has started, right when it has ended. */
  readonly cpu: () => number
  readonly environment: Readonly<Record<string, string>>
}

export type TestFileResult = {
  readonly path: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly durationMs: number
  readonly cpuMs: number
  /** Errors of the file as a whole, beside failed tests. */
  readonly faults: readonly string[]
  readonly output: string
}

/** Undefined if a title is given and no test of the file matches it. */
export async function runTestFile(options: TestFileOptions): Promise<TestFileResult | undefined> {
  const since = performance.now()
  const limits = { ...LIMITS, ...options }
  const temporary = await mkdtemp(join(options.folder, 'file-'))
  const child = spawnUvu(options, temporary)
  let cpuMs = 0
  child.once('exit', () => {
    cpuMs = options.cpu()
  })
  const output = new Output(child)
  const faults: string[] = []
  const closed = once(child, 'close')
  const ended = await untilEnded(child, output, limits)
  if (ended !== undefined) faults.push(ended)
  if (!(await untilAllGone(child, temporary, limits.leftLimitMs))) {
    if (ended === undefined) faults.push('left a process running')
    await stopGroup(child)
    for (const pid of markedProcesses(temporary)) process.kill(pid, 'SIGKILL')
  }
  await closed
  await rm(temporary, { recursive: true, force: true, maxRetries: 5 })
  const counts = readCounts(output.text)
  if (ended === undefined) faults.push(...faultsOf(counts, child, options.title))
  if (/\.only\(/.test(readFileSync(join(options.root, options.path), 'utf8'))) {
    faults.push('holds .only(, which hides its other tests')
  }
  if (options.title !== undefined && counts.total === 0 && faults.length === 0) return undefined
  const failed = Math.max(counts.total - counts.passed, faults.length > 0 ? 1 : 0)
  return {
    path: options.path,
    passed: Math.max(0, Math.min(counts.passed, counts.total)),
    failed,
    skipped: counts.skipped,
    durationMs: performance.now() - since,
    cpuMs,
    faults,
    output: output.text,
  }
}

/** @param temporary its folder, and its processes' mark */
function spawnUvu(options: TestFileOptions, temporary: string): ChildProcess {
  const { dir, base } = parse(join(options.root, options.path))
  const pattern = `^${base.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
  const uvu = join(projectRoot(), 'node_modules/uvu/bin.js')
  const env = {
    ...options.environment,
    ...(options.title === undefined ? {} : { [TITLE_VARIABLE]: options.title }),
    TMPDIR: temporary,
    [MARKER_VARIABLE]: temporary,
  }
  const args = ['--enable-source-maps', uvu, dir, pattern]
  return spawnGroup(process.execPath, args, { cwd: projectRoot(), env }, 'pipe')
}

/** Whether all its processes end within the limit. They may end a little later than the file. */
async function untilAllGone(
  child: ChildProcess,
  marker: string,
  limitMs: number,
): Promise<boolean> {
  const end = performance.now() + limitMs
  while (signalGroup(child.pid, 0) || markedProcesses(marker).length > 0) {
    if (performance.now() > end) return false
    await delay(POLL_INTERVAL_MS)
  }
  return true
}

/** Waits for the end. @returns what forced it, if the file did not end by itself */
async function untilEnded(
  child: ChildProcess,
  output: Output,
  { fileLimitMs, exitLimitMs }: TestFileLimits,
): Promise<string | undefined> {
  const deadline = performance.now() + fileLimitMs
  let finished: number | undefined
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const now = performance.now()
    if (now > deadline) return `did not end within ${fileLimitMs / 1000} s`
    if (finished === undefined && readCounts(output.text).isComplete) finished = now
    if (finished !== undefined && now > finished + exitLimitMs) {
      return `still open ${exitLimitMs / 1000} s after its last test: something was not closed`
    }
    await delay(POLL_INTERVAL_MS)
  }
  return undefined
}

type Counts = ReturnType<typeof readCounts>

/** Reads uvu's closing lines: the last ones, since the file may print similar lines itself. */
function readCounts(output: string) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of colours.
  const plain = output.replace(/\x1b\[\d+m/g, '')
  const closing = /^ {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n {2}Duration: /gm
  const last = [...plain.matchAll(closing)].at(-1)
  const [total = 0, passed = 0, skipped = 0] = last?.slice(1).map(Number) ?? []
  return { total, passed, skipped, isComplete: last !== undefined }
}

function faultsOf(counts: Counts, child: ChildProcess, title: string | undefined): string[] {
  if (child.signalCode !== null) return [`was ended by ${child.signalCode}`]
  if (!counts.isComplete) return [`ended with ${child.exitCode} and without a count of its tests`]
  if (counts.total === 0 && title === undefined) return ['ran no test: is test.run() missing?']
  const hasPassed = counts.passed >= counts.total
  if (child.exitCode === 0) return hasPassed ? [] : ['a hook threw: tests were not run']
  return hasPassed ? [`ended with ${child.exitCode} though all its tests passed`] : []
}
