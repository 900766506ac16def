import { setTimeout as delay } from 'node:timers/promises'
import type { FaultedService } from '../faulted-service.ts'
import type { FigureOptions, Measured } from '../figure.ts'
import { HttpClient } from '../http-client.ts'
import { type Load, startLoad } from '../lanes.ts'
import { askPorcupine } from './porcupine.ts'
import { countEvents, REGISTERS_TABLE_BODY, Register } from './register.ts'

const CLIENTS = 8
const REGISTERS = 40
/** Half of the operations meet on these. */
const BUSY_REGISTERS = 4
const POLL_INTERVAL_MS = 50

/** Reads and conditional writes of all clients, through all services, until `play` has played its
 * faults and there are enough operations, and whether they were linearizable. */
export async function measureSwaps(
  services: readonly FaultedService[],
  operationsMin: number,
  options: FigureOptions,
  play: () => Promise<void>,
): Promise<Measured> {
  const registers = Array.from({ length: REGISTERS }, (_, i) => new Register(`register-${i}`))
  const clients = Array.from({ length: CLIENTS }, () =>
    services.map((service) => new HttpClient(service.url)),
  )
  const [[first] = []] = clients
  if (!first) throw new Error('there is no service')
  try {
    await first.done('tables', REGISTERS_TABLE_BODY)
    for (const register of registers) await register.create(first)
    const { random } = options
    const load = startLoad(clients, (own) => {
      const limit = random.below(2) === 0 ? BUSY_REGISTERS : REGISTERS
      const register = registers[random.below(limit)] ?? random.pick(registers)
      return register.readAndSwap(random.pick(own), random)
    })
    const isEnough = () => (countEvents(registers).operations ?? 0) >= operationsMin
    await playUnder(load, play, isEnough, options.signal)
    const faults = await Promise.all(registers.map((register) => register.faults(first)))
    const second = options.short ? undefined : await askPorcupine(registers, options)
    if (second !== undefined) faults.push(second.faults)
    return {
      value: faults.flat().length,
      target: `0 contradictions in at least ${operationsMin} operations`,
      faults: faults.flat(),
      detail: { ...countEvents(registers), porcupine: second?.told },
    }
  } finally {
    for (const client of clients.flat()) client.close()
  }
}

async function playUnder(
  load: Load,
  play: () => Promise<void>,
  isEnough: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  try {
    await play()
    while (!isEnough() && !load.hasFailed()) await delay(POLL_INTERVAL_MS, undefined, { signal })
  } finally {
    await load.end()
  }
}
