import { setTimeout as delay } from 'node:timers/promises'
import { type Service, sendSignal, untilReplaced } from '../support/service.ts'
import type { FigureOptions } from './figure.ts'

/** Repeatedly sends a random worker the signal, and waits for its replacement. Returns how long
 * each replacement took. */
export async function killWorkers(
  services: readonly Service[],
  kills: number,
  intervalMs: number,
  { random, signal }: FigureOptions,
): Promise<readonly number[]> {
  const away: number[] = []
  while (away.length < kills) {
    await delay(intervalMs, undefined, { signal })
    const service = random.pick(services)
    const workers = service.workers()
    const victim = random.pick(workers)
    sendSignal(victim, 'SIGKILL')
    away.push(await untilReplaced(service, victim, workers.length))
  }
  return away
}
