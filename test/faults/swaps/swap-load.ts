import { setTimeout as delay } from 'node:timers/promises'
import type { HttpClient } from '../../support/http-client.ts'
import type { Service } from '../../support/service.ts'
import type { FigureOptions, Measured } from '../figure.ts'
import { underLoad } from '../lanes.ts'
import { hashTable } from '../written-item.ts'
import { askPorcupine } from './porcupine.ts'
import { countEvents, REGISTERS_TABLE, Register } from './register.ts'

const CLIENTS = 8
const REGISTERS = 40
/** Registers that half of the operations use. */
const BUSY_REGISTERS = 4
const POLL_INTERVAL_MS = 50

/** Reads and conditionally writes with all clients through all services, until `play` has ended and
 * there are enough operations. Checks that these were linearizable. */
export async function measureSwaps(
  services: readonly [Service, ...Service[]],
  operationsMin: number,
  options: FigureOptions,
  play: () => Promise<void>,
): Promise<Measured> {
  const { random, signal } = options
  const registers = Array.from({ length: REGISTERS }, (_, i) => new Register(`register-${i}`))
  const clients = Array.from({ length: CLIENTS }, () => services.map((each) => each.client()))
  const first = services[0].client()
  await first.done('tables', hashTable(REGISTERS_TABLE, 'key'))
  for (const register of registers) await register.create(first)
  const swap = (own: readonly HttpClient[]) => {
    const limit = random.below(2) === 0 ? BUSY_REGISTERS : REGISTERS
    const register = registers[random.below(limit)] ?? random.pick(registers)
    return register.readAndSwap(random.pick(own), random)
  }
  await underLoad(clients, swap, async (load) => {
    await play()
    const isEnough = () => (countEvents(registers).operations ?? 0) >= operationsMin
    while (!isEnough() && !load.hasFailed()) await delay(POLL_INTERVAL_MS, undefined, { signal })
  })
  const seen = await Promise.all(registers.map((register) => register.faults(first)))
  const second = options.short ? undefined : await askPorcupine(registers, options)
  const faults = [...seen.flat(), ...(second?.faults ?? [])]
  return {
    value: faults.length,
    target: `0 contradictions in at least ${operationsMin} operations`,
    faults,
    detail: { ...countEvents(registers), porcupine: second?.told },
  }
}
