import * as assert from 'uvu/assert'
import { tableIdOf } from '../../../src/engine/format/system-tables.ts'
import { itemOf } from '../../../src/engine/format/value-codec.ts'
import { pathOf } from '../../../src/expression/path.ts'
import type { SetValue, UpdateAction } from '../../../src/expression/update.ts'
import type { AttributeValue, Item } from '../../../src/model/attribute-value.ts'
import { batchWriteItem } from '../../../src/operations/batches/batch-write-item.ts'
import { deleteItem } from '../../../src/operations/items/delete-item.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { updateItem } from '../../../src/operations/items/update-item.ts'
import type { TableId } from '../../../src/storage/driver.ts'
import { MemoryDriver } from '../../../src/storage/memory/driver.ts'
import { add, remove } from '../../expression/short-expressions.ts'
import { type Seeded, seeded } from '../../seeded.ts'
import { suite } from '../../support/suite.ts'
import { WITH_INDEXES } from '../engine-fixture.ts'
import { item, value } from '../short-items.ts'
import { Expiring, NONE, START_SECONDS } from './sweeping.ts'

/**
 * Random writes of every kind, changes of the attribute and sweeps. In any order, an item must be
 * deleted if and only if it has expired, within the promised time.
 */
const test = suite('time to live, at random')

const RUNS = 4
const ACTIONS = 250
const KEYS = 30
const YEARS_5 = 5 * 365.25 * 86_400
/** Seconds from an item's expiry, or from the write that sets it, to the deletion: to the end of
 * the minute, and another minute. */
const SWEPT_WITHIN = 120
/** Seconds from a write to the expiry that it sets, unless this is never. */
const LIFE_MAX = 1_200
const ITEM_SORT = 0x10

interface Kept {
  readonly key: Item
  /** The expiry set by v1's time to live; 0: never. */
  readonly expiresAt: number
  /** Time of the last write. */
  readonly writtenAt: number
  readonly item: Item
}

class Play {
  readonly fixture: Expiring
  readonly #random: Seeded
  readonly #tableId: TableId
  readonly #kept = new Map<string, Kept>()
  #attribute: string | undefined
  /** Time of the attribute's last change and, below, whether its items were journalled since. */
  #changedAt = START_SECONDS
  #isFound = true
  #now = START_SECONDS

  private constructor(fixture: Expiring, random: Seeded, tableId: TableId) {
    this.fixture = fixture
    this.#random = random
    this.#tableId = tableId
  }

  static async begin(random: Seeded): Promise<Play> {
    const fixture = new Expiring(new MemoryDriver())
    const definition = await fixture.create('table', WITH_INDEXES)
    return new Play(fixture, random, tableIdOf(definition))
  }

  #wait(seconds: number): void {
    this.#now += seconds
    this.fixture.wait(seconds)
  }

  async act(): Promise<void> {
    const { below } = this.#random
    const action = below(40)
    if (action < 10) return this.#put()
    if (action < 22) return this.#update()
    if (action < 24) return this.#delete()
    if (action < 27) return this.#batch()
    if (action < 28) return this.#change()
    if (action < 30) return this.#find()
    this.#wait(below(240))
    await this.fixture.sweep()
    await this.check()
  }

  /** Journals the attribute's items, and checks that all expired items are deleted. */
  async end(): Promise<void> {
    await this.#find()
    for (let waited = 0; waited < LIFE_MAX + 2 * SWEPT_WITHIN; waited += 150) {
      this.#wait(150)
      await this.fixture.sweep()
      await this.check()
    }
  }

  #key(): Item {
    return item({ h: `h${this.#random.below(3)}`, r: this.#random.below(KEYS / 3) })
  }

  #time(): AttributeValue {
    const { below, pick } = this.#random
    return pick([
      value(this.#now + below(LIFE_MAX)),
      value(this.#now - below(1_200)),
      value(this.#now + below(300) + 0.5),
      value(Math.floor(this.#now - YEARS_5 + pick([-1_000, 3_000]))),
      value(this.#now * 1_000),
      value(`${this.#now}`),
      value(below(3)),
    ])
  }

  #item(key: Item): Item {
    const attributes = new Map(key)
    const { below } = this.#random
    for (const name of ['a', 'b']) if (below(3) > 0) attributes.set(name, this.#time())
    if (below(2)) attributes.set('text', value(`t${below(3)}`))
    if (below(2)) attributes.set('number', value(below(3)))
    return attributes
  }

  async #put(): Promise<void> {
    const put = this.#item(this.#key())
    const seconds = this.#random.below(4) === 0 ? this.#random.below(600) + 1 : undefined
    const life = seconds === undefined ? {} : { timeToLiveSeconds: seconds }
    const condition = this.#random.below(2) ? {} : { returnValues: 'ALL_OLD' as const }
    await this.fixture.run(putItem, { ...NONE, ...condition, item: put, ...life })
    await this.#written(put, seconds === undefined ? 0 : this.#now + seconds)
  }

  async #update(): Promise<void> {
    const { pick } = this.#random
    const key = this.#key()
    const attribute = pick(['a', 'b'])
    const literal: SetValue = { is: 'value', value: this.#time() }
    const old: SetValue = { is: 'path', path: pathOf(attribute) }
    const ten: SetValue = { is: 'value', value: value(this.#random.below(600)) }
    const set = (to: SetValue): UpdateAction => ({
      ...{ action: 'set', path: pathOf(attribute), value: to },
    })
    const updates = pick<UpdateAction[]>([
      [set(literal)],
      [set({ is: 'if_not_exists', path: pathOf(attribute), otherwise: literal })],
      [set({ is: 'plus', left: old, right: ten })],
      [add(attribute, value(60))],
      [remove(attribute)],
      [{ action: 'set', path: pathOf('text'), value: { is: 'value', value: value('new') } }],
    ])
    const before = this.#kept.get(nameOf(key))
    try {
      await this.fixture.run(updateItem, { ...NONE, key, updates })
    } catch {
      // The update computes with a value that is missing or not a number.
      return
    }
    const hidden = !before || (before.expiresAt !== 0 && before.expiresAt <= this.#now)
    await this.#written(key, hidden ? 0 : before.expiresAt)
  }

  async #delete(): Promise<void> {
    const key = this.#key()
    await this.fixture.run(deleteItem, { ...NONE, key })
    this.#kept.delete(nameOf(key))
  }

  async #batch(): Promise<void> {
    const keys = new Map([this.#key(), this.#key(), this.#key()].map((key) => [nameOf(key), key]))
    const puts = [...keys.values()].map((key) => this.#item(key))
    const writes = puts.map((put) => ({ put }))
    await this.fixture.run(batchWriteItem, { requests: [{ table: 'table', writes }] })
    for (const put of puts) await this.#written(put, 0)
  }

  /** Takes the item's new state from the table. Other tests check that writes are right. */
  async #written(written: Item, expiresAt: number): Promise<void> {
    const key = new Map([...written].filter(([name]) => name === 'h' || name === 'r'))
    const found = await this.fixture.get('table', key)
    // An update that only removes attributes creates no item.
    if (!found) return
    this.#kept.set(nameOf(key), { key, expiresAt, writtenAt: this.#now, item: found })
  }

  async #change(): Promise<void> {
    const [attribute] = this.#random.pick([['a'], ['b'], []])
    await this.fixture.expireBy(attribute)
    this.#attribute = attribute
    this.#changedAt = this.#now
    this.#isFound = attribute === undefined
  }

  async #find(): Promise<void> {
    await this.fixture.completeChanges()
    if (this.#isFound) return
    this.#isFound = true
    this.#changedAt = this.#now
  }

  #expiryOf({ item: found, expiresAt }: Kept): number {
    const by = this.#attribute === undefined ? undefined : found.get(this.#attribute)
    const seconds = by?.type === 'N' ? Number(by.value) : 0
    const isTime = seconds > this.#now - YEARS_5 && seconds < this.#now * 100
    return Math.min(isTime ? seconds : Infinity, expiresAt || Infinity)
  }

  /** Call right after a sweep. Items that have not expired must be stored, those that are due must
   * not, and all index entries must belong to stored items. */
  async check(): Promise<void> {
    const rows = await this.fixture.rows(this.#tableId)
    const items = rows.filter(({ sort }) => sort[0] === ITEM_SORT)
    const stored = new Set(items.map((row) => nameOf(itemOf(row.value))))
    for (const [name, kept] of this.#kept) {
      const isStored = stored.has(name)
      const expiresAt = this.#expiryOf(kept)
      if (expiresAt > this.#now) {
        assert.ok(isStored, `${name} has gone ${expiresAt - this.#now} s too early`)
      }
      const lateSeconds = this.#now - Math.max(expiresAt, kept.writtenAt, this.#changedAt)
      if (this.#isFound && lateSeconds > SWEPT_WITHIN) {
        assert.not.ok(isStored, `${name} is there ${lateSeconds} s after its time`)
      }
      if (!isStored) this.#kept.delete(name)
    }
    assert.is(rows.length, this.#rowsKept(), 'items and entries')
  }

  #rowsKept(): number {
    let rows = 0
    for (const { item: kept } of this.#kept.values()) {
      rows += 1 + (kept.has('text') ? 1 : 0) + (kept.has('number') ? 1 : 0)
    }
    return rows
  }
}

function nameOf(key: Item): string {
  return `${key.get('h')?.value}/${key.get('r')?.value}`
}

test('after random writes, changes and sweeps exactly the expired items are gone', async () => {
  const random = seeded('time to live')
  for (let run = 0; run < RUNS; run++) {
    const play = await Play.begin(random)
    for (let action = 0; action < ACTIONS; action++) await play.act()
    await play.end()
    assert.equal(play.fixture.errors, [])
    await play.fixture.close()
  }
})

test.run()
