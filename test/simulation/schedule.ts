import { tableIdOf } from '../../src/engine/format/system-tables.ts'
import { query } from '../../src/operations/items/query.ts'
import type { TableId } from '../../src/storage/driver.ts'
import { MemoryDriver } from '../../src/storage/memory/driver.ts'
import { MemoryStore } from '../../src/storage/memory/store.ts'
import { EngineFixture, INDEX_NAMES } from '../engine/engine-fixture.ts'
import { IDLE } from '../engine/jobs/sweeping.ts'
import { value } from '../engine/short-items.ts'
import { type Seeded, seededBy } from '../seeded.ts'
import { perform, TABLE } from './client.ts'
import { type Event, faultOf, KEYS, type Operation } from './history.ts'
import type { PlantedBug } from './planted-bugs.ts'
import { CALM, simulatedDriver, type Trouble } from './simulated-storage.ts'
import { type SimulatedProcess, VirtualTime } from './virtual-time.ts'

export const SUBJECTS = ['items', 'tables', 'expiry'] as const
export type Subject = (typeof SUBJECTS)[number]

const STARTED_AT = 1_700_000_000_000
/** Milliseconds between the slowest and the fastest clock, except that of a process that only
 * sweeps. */
const CLOCKS_APART_MS = 20_000
const SWEEPER_AHEAD_MS = 600_000
const CLIENTS = 4
const OPERATIONS_MAX = { items: 5, tables: 10, expiry: 5 } as const
const THINKING_MS_MAX = { items: 50, tables: 9_000, expiry: 15_000 } as const
/** A process paused for longer inside a write may leave rows of a deleted table (ADR 7). */
const PAUSE_MS_MAX = 20_000
const CLIENTS_END_MS = 240_000
const LIFE_SECONDS_MAX = 400
/** After the clients' end, while their last items still live, items are read after each of these
 * times. */
const LIVING_MS = [60_000, 60_000]
/** After this time all calls have arrived, and the deletion of a table has ended. */
const QUIET_MS = 75_000
/** After this time the last expired items have been swept. */
const SWEPT_MS = 400_000
const READ_MS = 60_000
const MOST_TROUBLE: Trouble = {
  ...{ unavailable: 40, answerLost: 60, callLost: 40, late: 40, duplicated: 60, slow: 60 },
}

/** Plays one schedule on several processes. @returns what was wrong, if anything */
export function play(
  seed: number,
  subject: Subject,
  bug?: PlantedBug,
): Promise<string | undefined> {
  return new Schedule(seededBy(seed), subject, bug).play()
}

interface Member {
  readonly process: SimulatedProcess
  readonly fixture: EngineFixture
}

class Schedule {
  readonly #time = new VirtualTime(STARTED_AT)
  readonly #random: Seeded
  readonly #subject: Subject
  readonly #bug: PlantedBug | undefined
  readonly #store = new MemoryStore()
  readonly #trouble: Trouble = { ...CALM }
  readonly #events: Event[] = []
  readonly #tables: TableId[] = []
  #values = 0

  constructor(random: Seeded, subject: Subject, bug: PlantedBug | undefined) {
    this.#random = random
    this.#subject = subject
    this.#bug = bug
  }

  play(): Promise<string | undefined> {
    return this.#time.during(this.#random, () => this.#played())
  }

  async #played(): Promise<string | undefined> {
    const observer = this.#start(0)
    await this.#observe(observer, { do: 'create' })
    const members = [1, 2].map(() => this.#start(this.#random.below(CLOCKS_APART_MS)))
    if (this.#subject === 'expiry') this.#start(SWEEPER_AHEAD_MS)
    this.#begin(members)
    const clients = Array.from({ length: CLIENTS }, () => this.#client(this.#random.pick(members)))
    const ended = Promise.all(clients)
    const hasEnded = await this.#time.pass(ended, CLIENTS_END_MS)
    this.#heal(members)
    if (!hasEnded && members.every(({ process }) => !process.isDead)) return 'it hangs'
    if (this.#subject === 'expiry') {
      for (const milliseconds of LIVING_MS) {
        await this.#time.pass(new Promise(() => {}), milliseconds)
        await this.#observeItems(observer)
      }
    }
    const quietMs = { items: 10_000, tables: QUIET_MS, expiry: SWEPT_MS }[this.#subject]
    await this.#time.pass(new Promise(() => {}), quietMs)
    return this.#judge(observer)
  }

  #start(clockAheadMs: number): Member {
    const process = { clockAheadMs, pausedUntil: 0, isDead: false }
    const [time, random, trouble] = [this.#time, this.#random, this.#trouble]
    const server = new MemoryDriver(this.#store)
    const plain = simulatedDriver({ time, random, server, trouble }, process)
    const driver = this.#bug?.driver(plain, random) ?? plain
    const times = this.#subject === 'items' ? { jobTimes: IDLE } : {}
    const options = { driver, ...times, ...this.#bug?.engine }
    return { process, fixture: this.#time.within(process, () => new EngineFixture(options)) }
  }

  #begin(members: readonly Member[]): void {
    const much = this.#subject === 'items' ? 1 : 0.4
    for (const [fate, most] of Object.entries(MOST_TROUBLE) as [keyof Trouble, number][]) {
      this.#trouble[fate] = this.#random.below(most * much)
    }
    for (const { process } of members) {
      const at = this.#random.below(THINKING_MS_MAX[this.#subject] * 4)
      const chance = this.#random.below(4)
      this.#time.after(at, () => {
        if (chance < 2) process.pausedUntil = this.#time.now + this.#random.below(PAUSE_MS_MAX)
        if (chance === 2 && members.every((member) => !member.process.isDead)) process.isDead = true
      })
    }
  }

  #heal(members: readonly Member[]): void {
    Object.assign(this.#trouble, CALM)
    for (const { process } of members) process.pausedUntil = 0
  }

  async #client(member: Member): Promise<void> {
    const count = 2 + this.#random.below(OPERATIONS_MAX[this.#subject] - 1)
    let seen: number | undefined
    for (let done = 0; done < count; done++) {
      await this.#thinking(member)
      if (member.process.isDead) return
      const event = await this.#perform(member, this.#next(seen))
      if (event.operation.do === 'get') seen = event.shown
    }
  }

  #thinking({ process }: Member): Promise<void> {
    const ms = this.#random.below(THINKING_MS_MAX[this.#subject])
    // If the process dies, the client ends with it.
    return new Promise((resolve) => {
      this.#time.after(ms, () => this.#time.within(process, resolve))
    })
  }

  #next(seen: number | undefined): Operation {
    const chance = this.#random.below(100)
    const key = this.#random.pick(KEYS)
    if (this.#subject === 'expiry') {
      if (chance < 40) return { do: 'get', key }
      const put = { do: 'put', key, value: ++this.#values } as const
      const lifeMs = 1_000 * (5 + this.#random.below(LIFE_SECONDS_MAX))
      return chance < 80 ? { ...put, lifeMs } : put
    }
    if (this.#subject === 'tables' && chance < 45) return { do: chance < 25 ? 'create' : 'delete' }
    const kind = this.#random.below(100)
    if (kind < 35) return { do: 'get', key }
    if (kind < 50) return { do: 'put', key, value: ++this.#values }
    if (kind < 60) return { do: 'remove', key }
    if (kind < 80 || seen === undefined) return { do: 'add', key, number: 1_000 }
    return { do: 'swap', key, from: seen, to: ++this.#values }
  }

  async #perform({ process, fixture }: Member, operation: Operation): Promise<Event> {
    const place = this.#events.length
    const start = this.#time.now
    // Until it ends, the operation counts as one whose outcome stays unknown.
    this.#events.push({ operation, start, end: Number.POSITIVE_INFINITY, outcome: 'unknown' })
    const { outcome, shown } = await this.#time.within(process, () => perform(fixture, operation))
    const event = { operation, start, end: this.#time.now, outcome, shown }
    this.#events[place] = event
    if (operation.do === 'create' && outcome === 'ok') await this.#note(fixture)
    return event
  }

  async #note(fixture: EngineFixture): Promise<void> {
    const { driver: storage, projectId } = fixture
    const context = { storage, projectId, deadline: this.#time.now + READ_MS }
    const found = await fixture.engine.catalogue.describe(context, TABLE).catch(() => {})
    if (found) this.#tables.push(tableIdOf(found))
  }

  #observe(observer: Member, operation: Operation): Promise<Event> {
    return this.#pass(this.#perform(observer, operation), READ_MS)
  }

  async #observeItems(observer: Member): Promise<void> {
    for (const key of KEYS) await this.#observe(observer, { do: 'get', key })
  }

  async #pass<T>(work: Promise<T>, milliseconds: number): Promise<T> {
    if (!(await this.#time.pass(work, milliseconds))) throw new Error('an operation hangs')
    return work
  }

  async #judge(observer: Member): Promise<string | undefined> {
    await this.#observeItems(observer)
    const entries = await this.#pass(this.#indexEntries(observer), READ_MS)
    const problem = faultOf(this.#events, 2 * CLOCKS_APART_MS) ?? entries
    if (problem || this.#subject === 'items') return problem
    return this.#subject === 'expiry' ? this.#unswept() : this.#leftovers(observer)
  }

  /** Describes a difference between the number of items and the number of index entries. */
  async #indexEntries({ process, fixture }: Member): Promise<string | undefined> {
    const count = async (index?: string): Promise<number> => {
      const keyConditions = new Map([['h', { op: 'eq' as const, value: value('a') }]])
      const how = { consistentRead: true, forward: true, select: 'COUNT' } as const
      const command = { table: TABLE, keyConditions, ...how, ...(index && { index }) }
      return (await fixture.run(query, command)).count
    }
    const { outcome } = await perform(fixture, { do: 'get', key: 'a' })
    if (outcome === 'gone') return undefined
    return this.#time.within(process, async () => {
      const items = await count()
      // Only this index has an entry for each item: an item made by an add has no text to index.
      const entries = await count(INDEX_NAMES[1])
      return entries === items ? undefined : `the index has ${entries} entries of ${items} items`
    })
  }

  /** Describes rows whose items expired longer ago than a sweep takes. */
  #unswept(): string | undefined {
    const wallSeconds = this.#time.wallMs / 1_000
    const partitions = this.#tables.flatMap((table) => this.#store.partitions(table))
    const stored = partitions.flatMap(({ rows }) => rows)
    const old = stored.filter(({ expiresAt }) => expiresAt > 0 && expiresAt < wallSeconds - 250)
    return old.length > 0 ? `${old.length} rows are never swept` : undefined
  }

  /** Describes what is left after a deletion has ended. */
  async #leftovers(observer: Member): Promise<string | undefined> {
    await this.#observe(observer, { do: 'delete' })
    await this.#time.pass(new Promise(() => {}), QUIET_MS)
    const read = await this.#observe(observer, { do: 'get', key: 'a' })
    if (read.outcome !== 'gone') return `the deleted table answers ${read.outcome}`
    const created = await this.#observe(observer, { do: 'create' })
    if (created.outcome !== 'ok') return `its name is not free: ${created.outcome}`
    const live = this.#tables.pop()
    const left = this.#tables.filter(
      (table) => !(live && table.equals(live)) && this.#store.partitions(table).length > 0,
    )
    return left.length > 0 ? `rows of ${left.length} deleted tables are left` : undefined
  }
}
