import * as assert from 'uvu/assert'
import { comparison } from '../../src/expression/condition.ts'
import { putItem } from '../../src/operations/items/put-item.ts'
import { updateItem } from '../../src/operations/items/update-item.ts'
import { type StorageDriver, StorageUnavailableError } from '../../src/storage/driver.ts'
import { put } from '../expression/short-expressions.ts'
import { type Seeded, seeded } from '../seeded.ts'
import { type Fault, faulty } from '../storage/faulty-driver.ts'
import { WornDriver, WornStore } from '../storage/worn-driver.ts'
import { suite } from '../support/suite.ts'
import { EngineFixture, outcomeOf, WITH_INDEXES } from './engine-fixture.ts'
import { remote } from './remote-driver.ts'
import { item, value } from './short-items.ts'
import { type Event, faultsOf, type SwapOutcome } from './swap-history.ts'

const test = suite('linearizability')

const KEY = item({ h: 'a', r: 1 })
const WRITERS_PER_ENGINE = 4
const ROUNDS = 100

/** A fault for about one call in four. */
function randomFault(random: Seeded): Fault | undefined {
  switch (random.below(12)) {
    case 0:
      return { fault: 'applied-unknown' }
    case 1:
      return { fault: 'lost-unknown' }
    case 2:
      return { fault: 'unavailable' }
    case 3:
      return { fault: 'delay', milliseconds: random.below(3) }
    default:
      return undefined
  }
}

const OUTCOMES: Readonly<Record<string, SwapOutcome>> = {
  ok: 'ok',
  condition_failed: 'failed',
  unavailable: 'unavailable',
  outcome_unknown: 'unknown',
}

class Register {
  readonly events: Event[] = []
  #clock = 0
  #latest = 0

  async read(fixture: EngineFixture): Promise<number | undefined> {
    const start = ++this.#clock
    const found = await untroubled(() => fixture.get('table', KEY))
    const read = found?.get('v')
    if (!read) return undefined
    this.events.push({ kind: 'read', start, end: ++this.#clock, value: Number(read.value) })
    return Number(read.value)
  }

  async swap(fixture: EngineFixture, from: number, byUpdate: boolean): Promise<void> {
    const to = ++this.#latest
    const start = ++this.#clock
    const code = await untroubled(() => outcomeOf(write(fixture, from, to, byUpdate)))
    const outcome = OUTCOMES[code ?? 'unavailable']
    assert.ok(outcome, code)
    if (outcome) this.events.push({ kind: 'swap', start, end: ++this.#clock, from, to, outcome })
  }
}

function write(fixture: EngineFixture, from: number, to: number, byUpdate: boolean) {
  const condition = comparison('v', 'eq', value(from))
  const rest = { table: 'table', condition, returnValues: 'NONE' } as const
  if (!byUpdate) {
    return fixture.run(putItem, { ...rest, item: item({ h: 'a', r: 1, v: to, text: `${to}` }) })
  }
  const updates = [put('v', value(to))]
  return fixture.run(updateItem, { ...rest, key: KEY, updates })
}

async function untroubled<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request()
  } catch (error) {
    if (!(error instanceof StorageUnavailableError)) throw error
    return undefined
  }
}

/** The history of writers through two engines on one store. */
async function play(random: Seeded, view: (driver: WornDriver) => StorageDriver) {
  const store = new WornStore()
  const calm = new EngineFixture({ driver: new WornDriver(store) })
  await calm.create('table', WITH_INDEXES)
  const first = item({ h: 'a', r: 1, v: 0 })
  await calm.run(putItem, { table: 'table', item: first, returnValues: 'NONE' })
  const engines = [1, 2].map(() => {
    const driver = faulty(view(new WornDriver(store)), () => randomFault(random))
    return new EngineFixture({ driver })
  })
  const register = new Register()
  const writers = engines.flatMap((engine) => Array(WRITERS_PER_ENGINE).fill(engine))
  await Promise.all(
    writers.map(async (engine: EngineFixture) => {
      for (let round = 0; round < ROUNDS; round++) {
        const seen = await register.read(engine)
        if (seen !== undefined) await register.swap(engine, seen, random.below(2) === 0)
      }
    }),
  )
  const last = Number((await calm.get('table', KEY))?.get('v')?.value)
  for (const each of [calm, ...engines]) await each.close()
  return { events: register.events, last }
}

const VIEWS = [
  ['embedded', (driver: WornDriver) => driver],
  ['remote', remote],
] as const
for (const [what, view] of VIEWS) {
  test(`${what}: concurrent writers under faults are linearizable`, async () => {
    const { events, last } = await play(seeded(`linearizability, ${what}`), view)
    assert.equal(faultsOf(events, 0, last), [])
    const count = (outcome: string) =>
      events.filter((event) => event.kind === 'swap' && event.outcome === outcome).length
    assert.ok(count('ok') > 20, `${count('ok')} swaps`)
    assert.ok(count('failed') > 20, `${count('failed')} failures`)
    assert.ok(count('unknown') > 0, `${count('unknown')} unknown outcomes`)
  })
}

/** A driver with a bug: it ignores required versions. */
function careless(driver: WornDriver): StorageDriver {
  return {
    ...remote(driver),
    commit(table, partition, commit, deadline) {
      const require = commit.require.map(({ sort }) => ({ sort }))
      return driver.commit(table, partition, { ...commit, require }, deadline)
    },
  }
}

/** A driver with a bug: it reports unknown outcomes as refusals. */
function presumptuous(driver: WornDriver): StorageDriver {
  let commits = 0
  return {
    ...remote(driver),
    async commit(table, partition, commit, deadline) {
      const result = await driver.commit(table, partition, commit, deadline)
      if (result.outcome !== 'applied' || ++commits % 7 !== 0) return result
      return { outcome: 'refused', current: [] }
    },
  }
}

for (const [what, view] of [
  ['loses updates', careless],
  ['refuses what it did', presumptuous],
] as const) {
  test(`control: a storage that ${what} is detected`, async () => {
    const { events, last } = await play(seeded(`a storage that ${what}`), view)
    assert.ok(faultsOf(events, 0, last).length > 0)
  })
}

test.run()
