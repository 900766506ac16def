/**
 * Child processes, each the leader of its own process group, so that stopping one also stops its
 * descendants.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { type StartingServer, untilReady } from './handshake.ts'

const STOP_GRACE_MS = 5_000
const KILL_GRACE_MS = 2_000
const OUTPUT_BYTES_MAX = 1_000_000
const LOG_TAIL_BYTES = 4_000
const POLL_INTERVAL_MS = 20

/** All processes started here have this variable in their environment, and so do their
 * descendants. */
export const MARKER_VARIABLE = 'MAGNETODB_TEST_MARKER'

/** The variable's default value. */
export const RUN_MARKER = randomUUID()

const groups = new Set<number>()

type ProcessOptions = {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly limitMs: number
}

export type Server = { readonly pid: number; stop(): Promise<void> }

/** The end of a child's output. */
export class Output {
  text = ''

  constructor(child: ChildProcess) {
    const collect = (chunk: string) => {
      this.text = (this.text + chunk).slice(-OUTPUT_BYTES_MAX)
    }
    child.stdout?.setEncoding('utf8').on('data', collect)
    child.stderr?.setEncoding('utf8').on('data', collect)
  }
}

/** Runs a command and returns its output. Rejects with the end of the output if it fails. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<string> {
  const child = spawnGroup(command, args, options, 'pipe')
  const output = new Output(child)
  const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), options.limitMs)
  try {
    const [code] = await once(child, 'close', { signal: options.signal })
    if (code === 0) return output.text
    throw new Error(`${command} ended with ${code}: ${output.text.slice(-LOG_TAIL_BYTES)}`)
  } finally {
    clearTimeout(timer)
    await stopGroup(child)
  }
}

/** Starts a server with its output in a file, and waits until it answers. stop() sends SIGKILL,
 * because a test server's data is not needed afterwards. */
export async function startServer(
  command: string,
  args: readonly string[],
  options: ProcessOptions & StartingServer & { readonly log: string },
): Promise<Server> {
  const log = openSync(options.log, 'a')
  const child = spawnGroup(command, args, options, log)
  closeSync(log)
  const died = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)))
  })
  try {
    await untilReady(options, died)
  } catch (error) {
    await stopGroup(child)
    const tail = readFileSync(options.log, 'utf8').slice(-LOG_TAIL_BYTES)
    throw new Error(`${command} did not start: ${String(error)}\n${tail}`, { cause: error })
  }
  return { pid: child.pid ?? 0, stop: () => killGroup(child) }
}

/** Spawns the leader of a new process group. The caller must stop the group. */
export function spawnGroup(
  command: string,
  args: readonly string[],
  options: Pick<ProcessOptions, 'cwd' | 'env'>,
  output: 'pipe' | number,
): ChildProcess {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, TMPDIR: options.cwd, [MARKER_VARIABLE]: RUN_MARKER, ...options.env },
    detached: true,
    stdio: ['ignore', output, output],
  })
  if (child.pid !== undefined) groups.add(child.pid)
  // Prevents an uncaught error. A command that cannot be spawned is reported by 'close'.
  child.on('error', () => {})
  return child
}

/** Ends a child and its group: with SIGTERM, and after five seconds with SIGKILL. */
export async function stopGroup(child: ChildProcess): Promise<void> {
  const { pid } = child
  if (pid === undefined) return
  signalGroup(pid, 'SIGTERM')
  if (!(await untilGone(pid, STOP_GRACE_MS))) await killGroup(child)
  groups.delete(pid)
}

async function killGroup(child: ChildProcess): Promise<void> {
  const { pid } = child
  if (pid === undefined) return
  signalGroup(pid, 'SIGKILL')
  // With a limit, because zombies remain in the process table if no parent reaps them.
  await untilGone(pid, KILL_GRACE_MS)
  groups.delete(pid)
}

/** Aborted when this process is told to end. Nothing that it has started above outlives it. */
export function interruption(): AbortController {
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => interrupted.abort())
  process.once('exit', killAllGroups)
  return interrupted
}

/** Sends SIGKILL to all groups. For an end without time to stop them. */
export function killAllGroups(): void {
  for (const pid of groups) signalGroup(pid, 'SIGKILL')
}

/**
 * The running processes with this marker in their environment, including distant descendants.
 * Read from /proc; empty on systems without it.
 */
export function markedProcesses(marker: string): number[] {
  const names = existsSync('/proc') ? readdirSync('/proc') : []
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number)
  return pids.filter((pid) => {
    try {
      const variables = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
      return variables.includes(`${MARKER_VARIABLE}=${marker}`)
    } catch {
      return false // ended meanwhile, or somebody else's
    }
  })
}

async function untilGone(pid: number, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs
  while (signalGroup(pid, 0)) {
    if (performance.now() > deadline) return false
    await delay(POLL_INTERVAL_MS)
  }
  return true
}

/** Returns whether the group existed. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false
  try {
    return process.kill(-pid, signal)
  } catch {
    return false
  }
}
