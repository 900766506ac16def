import { isDeepStrictEqual } from 'node:util'
import type { Call } from './wire.ts'
import type { Workload } from './workload.ts'

const AT_ONCE = 32
const ANSWER_LIMIT_MS = 30_000
const TEXT_SHOWN_LENGTH = 500

/** The answer's JSON. */
export async function post(url: string, { path, headers, body }: Call): Promise<unknown> {
  const signal = AbortSignal.timeout(ANSWER_LIMIT_MS)
  const response = await fetch(url + path, { method: 'POST', headers, body, signal })
  const text = await response.text()
  if (response.ok) return JSON.parse(text)
  throw new Error(`${url}${path}: ${response.status} ${text.slice(0, TEXT_SHOWN_LENGTH)}`)
}

export async function postAll(url: string, calls: readonly Call[]): Promise<void> {
  const waiting = [...calls]
  const postWaiting = async () => {
    for (let call = waiting.pop(); call; call = waiting.pop()) await post(url, call)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, postWaiting))
}

/** Fails unless the first call is answered with exactly what it should be. */
export async function verify(url: string, { calls, expected }: Workload): Promise<void> {
  const [call] = calls
  if (!call) throw new Error('a workload without calls')
  const answer = await post(url, call)
  if (isDeepStrictEqual(answer, expected)) return
  const shown = JSON.stringify(answer).slice(0, TEXT_SHOWN_LENGTH)
  throw new Error(`${url}${call.path} answered ${shown}`)
}
