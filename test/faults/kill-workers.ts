import { setTimeout as delay } from 'node:timers/promises'
import { type FaultedService, sendSignal, untilReplaced } from './faulted-service.ts'
import type { FigureOptions } from './figure.ts'

const KILL_INTERVAL_MS = 1_000

/** SIGKILL for a random one, again and again, each after the one before was replaced. */
export async function killWorkers(
  services: readonly FaultedService[],
  kills: number,
  { random, signal }: FigureOptions,
): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    await delay(KILL_INTERVAL_MS, undefined, { signal })
    const service = random.pick(services)
    const workers = service.workers()
    const victim = random.pick(workers)
    sendSignal(victim, 'SIGKILL')
    await untilReplaced(service, victim, workers.length)
  }
}
