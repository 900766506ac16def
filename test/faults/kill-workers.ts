import { setTimeout as delay } from 'node:timers/promises'
import { type Service, sendSignal, untilReplaced } from '../support/service.ts'
import type { FigureOptions } from './figure.ts'

interface Kills {
  readonly kills: number
  readonly intervalMs: number
  /** SIGKILL, at random, unless it says otherwise: other signals take one after the other. */
  readonly name?: NodeJS.Signals
}

/** Sends a worker the signal, again and again, each after the one before was replaced; how long
 * each was away. */
export async function killWorkers(
  services: readonly Service[],
  { kills, intervalMs, name = 'SIGKILL' }: Kills,
  { random, signal }: FigureOptions,
): Promise<readonly number[]> {
  const away: number[] = []
  while (away.length < kills) {
    await delay(intervalMs, undefined, { signal })
    const service = random.pick(services)
    const workers = service.workers()
    const [oldest = 0] = workers
    const victim = name === 'SIGKILL' ? random.pick(workers) : oldest
    sendSignal(victim, name)
    away.push(await untilReplaced(service, victim, workers.length))
  }
  return away
}
