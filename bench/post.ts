import { setTimeout as delay } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Call } from './wire.ts'
import type { Workload } from './workload.ts'

const AT_ONCE = 32
const ANSWER_LIMIT_MS = 30_000
const TEXT_SHOWN_LENGTH = 500
/** Attempts of a request that an overloaded server refuses. */
const ATTEMPTS_MAX = 10
const SERVICE_UNAVAILABLE = 503

export async function post(url: string, call: Call): Promise<unknown> {
  const { method = 'POST', path, headers, body } = call
  const signal = AbortSignal.timeout(ANSWER_LIMIT_MS)
  const options = { method, headers, signal, ...(method === 'GET' ? {} : { body }) }
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url + path, options)
    const text = await response.text()
    if (response.ok) return JSON.parse(text)
    if (response.status === SERVICE_UNAVAILABLE && attempt < ATTEMPTS_MAX) await delay(1_000)
    else throw new Error(`${url}${path}: ${response.status} ${text.slice(0, TEXT_SHOWN_LENGTH)}`)
  }
}

export async function postAll(url: string, calls: readonly Call[]): Promise<void> {
  const waiting = [...calls]
  const postWaiting = async () => {
    for (let call = waiting.pop(); call; call = waiting.pop()) await post(url, call)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, postWaiting))
}

/** Fails unless the answer to the first call is exactly the expected one. */
export async function verify(url: string, { calls, expected }: Workload): Promise<void> {
  const [call] = calls
  if (!call) throw new Error('a workload without calls')
  const answer = await post(url, call)
  if (isDeepStrictEqual(answer, expected)) return
  const shown = JSON.stringify(answer).slice(0, TEXT_SHOWN_LENGTH)
  throw new Error(`${url}${call.path} answered ${shown}`)
}
