import { writeFile } from 'node:fs/promises'
import { runCommand } from '../test/stack/processes.ts'
import { requestText } from './request-text.ts'
import type { Call } from './wire.ts'

/** Milliseconds beyond its run time that wrk may need to start and to end. */
const WRK_MARGIN_MS = 20_000

export interface Load {
  readonly requests: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers of status 400 and above, plus requests without an answer. */
  readonly failed: number
  /** Answers of status 500: writes with an unknown outcome. */
  readonly unknown: number
}

/** Lua scripts that send random requests and print a `Load`. Counting statuses slows wrk so much
 * that it is done only for slow servers. */
const COUNT_UNKNOWN = `
unknown = 0
function response(status) if status == 500 then unknown = unknown + 1 end end
`
const DRIVE = `
local threads = {}
function setup(thread) table.insert(threads, thread) end
function request() return requests[math.random(#requests)] end
function done(summary, latency)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  local unknown = 0
  for _, thread in ipairs(threads) do unknown = unknown + (thread:get('unknown') or 0) end
  print(string.format(
    '{"requests":%d,"seconds":%f,"p50Ms":%f,"p99Ms":%f,"failed":%d,"unknown":%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, failed, unknown))
end
`

/** Writes the script for wrk. All texts are ASCII, so JSON strings are also Lua strings. */
export async function writeScript(
  file: string,
  calls: readonly Call[],
  { countsUnknown }: { readonly countsUnknown: boolean },
): Promise<void> {
  const texts = calls.map((call) => JSON.stringify(requestText(call)))
  const requests = `requests = {\n${texts.join(',\n')}\n}\n`
  await writeFile(file, requests + (countsUnknown ? COUNT_UNKNOWN : '') + DRIVE)
}

export interface WrkOptions {
  readonly wrk: string
  readonly folder: string
  readonly connections: number
  readonly seconds: number
  readonly signal: AbortSignal
}

export async function runWrk(url: string, script: string, options: WrkOptions): Promise<Load> {
  const { wrk, folder, connections, seconds, signal } = options
  const output = await runCommand(
    wrk,
    ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '15s', '-s', script, url],
    { cwd: folder, signal, limitMs: seconds * 1_000 + WRK_MARGIN_MS },
  )
  const json = /^\{"requests".*\}$/m.exec(output)?.[0]
  if (json === undefined) throw new Error(`wrk said: ${output}`)
  return JSON.parse(json)
}
