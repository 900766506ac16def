import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { validationError } from '../../../src/dialect/invalid-request.ts'
import { tableIdOf } from '../../../src/engine/format/system-tables.ts'
import { pathOf } from '../../../src/expression/path.ts'
import type { UpdateAction } from '../../../src/expression/update.ts'
import type { AttributeValue, Item } from '../../../src/model/attribute-value.ts'
import { batchWriteItem } from '../../../src/operations/batches/batch-write-item.ts'
import { bulkLoad } from '../../../src/operations/batches/bulk-load.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { query } from '../../../src/operations/items/query.ts'
import { scan } from '../../../src/operations/items/scan.ts'
import { updateItem } from '../../../src/operations/items/update-item.ts'
import { describeTimeToLive } from '../../../src/operations/tables/describe-time-to-live.ts'
import { updateTable } from '../../../src/operations/tables/update-table.ts'
import { updateTimeToLive } from '../../../src/operations/tables/update-time-to-live.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { LmdbDriver } from '../../../src/storage/lmdb/driver.ts'
import { EngineFixture, outcomeOf, WITH_INDEXES } from '../../engine/engine-fixture.ts'
import { Expiring, KEY, NONE, START_SECONDS } from '../../engine/jobs/sweeping.ts'
import { remote } from '../../engine/remote-driver.ts'
import { item, value } from '../../engine/short-items.ts'
import { add, put, remove } from '../../expression/short-expressions.ts'
import { faulty } from '../../storage/faulty-driver.ts'
import { WornDriver } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'

const test = suite('time to live')

const YEAR = 365.25 * 86_400
const SOON = START_SECONDS + 60
const LATER = START_SECONDS + 6_000
/** Seconds that suffice for a sweep of items that expire now, and of those that it journals. */
const SWEPT = 300

let folder: string
let lmdb: LmdbDriver

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'magnetodb-time-to-live-'))
  lmdb = new LmdbDriver({ path: folder, mapSizeBytes: 64 * 1024 * 1024 })
  await lmdb.open()
})
test.after(async () => {
  await lmdb.close()
  await rm(folder, { recursive: true })
})

/** Each test has a project of its own. */
let projects = 0
const DRIVERS: readonly (readonly [string, () => StorageDriver])[] = [
  ['memory', () => new WornDriver()],
  ['lmdb', () => lmdb],
  ['remote', () => remote(new WornDriver())],
]

function timed(h: string, at: AttributeValue | number): Item {
  return item({ h, r: 1, number: 1, text: 'x', at: typeof at === 'number' ? value(at) : at })
}

function setTo(name: string, ...values: Extract<UpdateAction, { action: 'set' }>['value'][]) {
  return values.map((each) => ({ action: 'set', path: pathOf(name), value: each }) as const)
}

for (const [name, driverOf] of DRIVERS) {
  const fresh = async (attribute: string | undefined = 'at') => {
    const fixture = new Expiring(driverOf(), START_SECONDS, undefined, `project-${projects++}`)
    const definition = await fixture.create('table', WITH_INDEXES)
    if (attribute !== undefined) {
      await fixture.expireBy(attribute)
      await fixture.completeChanges()
    }
    return { fixture, tableId: tableIdOf(definition) }
  }
  const isThere = async (fixture: Expiring, key: Item) =>
    (await fixture.get('table', key)) !== undefined

  test(`${name}: an item is shown until the sweep deletes it with its index entries`, async () => {
    const { fixture, tableId } = await fresh()
    await fixture.put(undefined, timed('a', SOON))
    await fixture.put(undefined, new Map([...timed('a', LATER), ['r', value(2)]]))
    fixture.wait(121)
    assert.ok(await isThere(fixture, KEY))
    const keyConditions = new Map([['h', { op: 'eq' as const, value: value('a') }]])
    const ask = { table: 'table', select: 'ALL_ATTRIBUTES', consistentRead: true } as const
    const counts = async () => [
      (await fixture.run(query, { ...ask, keyConditions, forward: true, index: 'by-text' })).count,
      (await fixture.run(scan, { ...ask, segment: 0, totalSegments: 1 })).count,
    ]
    assert.equal(await counts(), [2, 2])
    await fixture.sweep()
    assert.ok(await isThere(fixture, KEY), 'while the minute may still be written to')
    fixture.wait(60)
    await fixture.sweep()
    assert.equal(await counts(), [1, 1])
    assert.is((await fixture.rows(tableId)).length, 3, 'an item and two entries')
    await fixture.close()
  })

  test(`${name}: an item of any kind of write is swept at its expiry`, async () => {
    const { fixture } = await fresh()
    const load = (async function* () {
      yield [{ bytes: 1, text: () => '', decode: () => timed('load', LATER) }]
    })()
    await fixture.put(undefined, timed('put', LATER))
    const puts = [{ put: timed('batch', LATER) }]
    await fixture.run(batchWriteItem, { requests: [{ table: 'table', writes: puts }] })
    await fixture.run(batchWriteItem, {
      requests: [{ table: 'table', writes: [{ put: timed('measured', LATER) }] }],
      measured: true,
    })
    await fixture.run(bulkLoad, { table: 'table', lines: load, onProgress() {} })
    const later = { is: 'value', value: value(LATER) } as const
    const path = (attribute: string) => ({ is: 'path', path: pathOf(attribute) }) as const
    const ten = { is: 'value', value: value(10) } as const
    const updates: Readonly<Record<string, readonly UpdateAction[]>> = {
      literal: setTo('at', later),
      copied: setTo('at', path('other')),
      sum: setTo('at', { is: 'plus', left: path('other'), right: ten }),
      vacant: setTo('at', { is: 'if_not_exists', path: pathOf('vacant'), otherwise: later }),
      added: [add('at', value(LATER))],
      nested: [
        { action: 'set', path: { attribute: 'map', steps: ['x'] }, value: later },
        ...setTo('at', later),
      ],
    }
    for (const [h, actions] of Object.entries(updates)) {
      const old = item({ h, r: 1, other: LATER - 10, map: { type: 'M', value: new Map() } })
      await fixture.put(undefined, old)
      await fixture.run(updateItem, { ...NONE, key: item({ h, r: 1 }), updates: actions })
    }
    const all = ['put', 'batch', 'measured', 'load', ...Object.keys(updates)]
    fixture.wait(SWEPT)
    await fixture.sweep()
    const present = async () => {
      const found = await Promise.all(all.map((h) => isThere(fixture, item({ h, r: 1 }))))
      return all.filter((_, i) => found[i])
    }
    assert.equal(await present(), all)
    fixture.wait(LATER - START_SECONDS)
    await fixture.sweep()
    assert.equal(await present(), [])
    await fixture.close()
  })

  test(`${name}: only numbers later than five years ago count as expiry`, async () => {
    const { fixture } = await fresh()
    const number = (text: string): AttributeValue => ({ type: 'N', value: text })
    const past = START_SECONDS - 60
    const expired: Readonly<Record<string, AttributeValue>> = {
      past: value(past),
      fraction: number(`${past}.5`),
      recent: value(START_SECONDS - 5 * YEAR + 1_000),
    }
    const kept: Readonly<Record<string, AttributeValue>> = {
      future: value(START_SECONDS + 1_000_000),
      old: value(START_SECONDS - 5 * YEAR - 1_000),
      zero: value(0),
      negative: value(-past),
      milliseconds: value(START_SECONDS * 1_000),
      largest: number(`9${'0'.repeat(125)}`),
      text: value(`${past}`),
      bytes: value(Buffer.from(`${past}`)),
      numbers: { type: 'NS', value: [`${past}`] },
      list: { type: 'L', value: [value(past)] },
      map: { type: 'M', value: new Map([['at', value(past)]]) },
      typed: { type: 'SNM', value: [['at', `${past}`]] },
      yes: { type: 'BOOL', value: true },
      null: { type: 'NULL', value: true },
    }
    const everything = { ...expired, ...kept }
    for (const [h, at] of Object.entries(everything)) await fixture.put(undefined, timed(h, at))
    await fixture.put(undefined, item({ h: 'none', r: 1 }))
    fixture.wait(SWEPT)
    await fixture.sweep()
    const left: string[] = []
    for (const h of [...Object.keys(everything), 'none']) {
      if (await isThere(fixture, item({ h, r: 1 }))) left.push(h)
    }
    assert.equal(left, [...Object.keys(kept), 'none'])
    await fixture.close()
  })

  test(`${name}: a write that prolongs the expiry during a sweep keeps the item`, async () => {
    let renew: (() => Promise<void>) | undefined
    const driver = faulty(driverOf(), () => undefined)
    const { commit } = driver
    const fixture = new Expiring(driver, START_SECONDS, undefined, `project-${projects++}`)
    const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
    await fixture.expireBy('at')
    await fixture.completeChanges()
    for (const moved of [LATER, undefined]) {
      await fixture.put(undefined, timed('a', SOON))
      fixture.wait(SWEPT)
      renew = () =>
        fixture.put(undefined, moved ? timed('a', moved) : item({ h: 'a', r: 1, text: 'y' }))
      driver.commit = async (table, ...rest) => {
        const first = table.equals(tableId) ? renew : undefined
        if (first) renew = undefined
        await first?.()
        return commit(table, ...rest)
      }
      await fixture.sweep()
      assert.is(renew, undefined)
      assert.ok(await isThere(fixture, KEY), `moved to ${moved}`)
      driver.commit = commit
    }
    await fixture.close()
  })

  test(`${name}: an update keeps the expiry unless it changes or removes it`, async () => {
    const { fixture } = await fresh()
    for (const h of ['kept', 'removed', 'typed']) await fixture.put(undefined, timed(h, SOON))
    const update = (h: string, updates: readonly UpdateAction[]) =>
      fixture.run(updateItem, { ...NONE, key: item({ h, r: 1 }), updates })
    await update('kept', [put('v', value(1))])
    await update('removed', [remove('at')])
    await update('typed', [put('at', value('never'))])
    fixture.wait(60 + SWEPT)
    await fixture.sweep()
    const left = ['kept', 'removed', 'typed'].map((h) => isThere(fixture, item({ h, r: 1 })))
    assert.equal(await Promise.all(left), [false, true, true])
    await fixture.close()
  })

  test(`${name}: disabling stops deletions; another attribute finds its items`, async () => {
    const { fixture } = await fresh()
    const both = item({ h: 'both', r: 1, at: SOON, other: LATER })
    const others = item({ h: 'others', r: 1, at: LATER, other: SOON })
    await fixture.put(undefined, both)
    await fixture.put(undefined, others)
    await fixture.expireBy()
    await fixture.completeChanges()
    assert.is(await fixture.timeToLive(), undefined)
    const keys = [item({ h: 'both', r: 1 }), item({ h: 'others', r: 1 })]
    const left = () => Promise.all(keys.map((key) => isThere(fixture, key)))
    fixture.wait(60 + SWEPT)
    await fixture.sweep()
    assert.equal(await left(), [true, true])
    await fixture.expireBy('other')
    await fixture.completeChanges()
    assert.equal(await fixture.timeToLive(), { attribute: 'other' })
    fixture.wait(SWEPT)
    await fixture.sweep()
    assert.equal(await left(), [true, false])
    fixture.wait(6_000)
    await fixture.sweep()
    assert.equal(await left(), [false, false])
    await fixture.close()
  })

  test(`${name}: with a v1 time to live as well, the earlier of both counts`, async () => {
    const { fixture, tableId } = await fresh()
    await fixture.put(60, timed('v1 first', LATER))
    await fixture.put(6_000, timed('attribute first', SOON))
    await fixture.put(60, timed('prolonged', SOON + 600))
    const life = { timeToLiveSeconds: 6_000 }
    const key = item({ h: 'prolonged', r: 1 })
    await fixture.run(updateItem, { ...NONE, key, updates: [put('v', value(1))], ...life })
    const hs = ['v1 first', 'attribute first', 'prolonged']
    const left = () => Promise.all(hs.map((h) => isThere(fixture, item({ h, r: 1 }))))
    fixture.wait(60)
    assert.equal(await left(), [false, true, true], 'v1 hides at once')
    fixture.wait(SWEPT)
    await fixture.sweep()
    assert.equal(await left(), [false, false, true])
    assert.is((await fixture.rows(tableId)).length, 3, 'not only hidden')
    fixture.wait(600)
    await fixture.sweep()
    assert.equal(await left(), [false, false, false])
    await fixture.close()
  })

  test(`${name}: v1 items expire as before, with time to live enabled or not`, async () => {
    const { fixture, tableId } = await fresh(undefined)
    await fixture.put(60)
    await fixture.expireBy('at')
    await fixture.completeChanges()
    await fixture.put(60, item({ h: 'a', r: 2 }))
    await fixture.put(undefined, item({ h: 'a', r: 3 }))
    await fixture.expireBy()
    fixture.wait(60)
    assert.not.ok(await isThere(fixture, KEY))
    assert.not.ok(await isThere(fixture, item({ h: 'a', r: 2 })))
    fixture.wait(120)
    await fixture.sweep()
    assert.is((await fixture.rows(tableId)).length, 1)
    await fixture.close()
  })

  test(`${name}: the time-to-live attribute may be a key`, async () => {
    const { fixture } = await fresh('r')
    await fixture.put(undefined, item({ h: 'put', r: SOON }))
    const key = item({ h: 'updated', r: SOON })
    await fixture.run(updateItem, { ...NONE, key, updates: [put('v', value(1))] })
    fixture.wait(60 + SWEPT)
    await fixture.sweep()
    assert.not.ok(await isThere(fixture, key))
    assert.not.ok(await isThere(fixture, item({ h: 'put', r: SOON })))
    await fixture.close()
  })
}

test("every process describes the table's time-to-live attribute", async () => {
  const driver = remote(new WornDriver())
  const one = new Expiring(driver)
  const other = new EngineFixture({ driver })
  await one.create('table', WITH_INDEXES)
  assert.is(await one.timeToLive(), undefined)
  await one.expireBy('at')
  const enabling = await other.run(describeTimeToLive, { table: 'table' })
  assert.is(enabling?.attribute, 'at')
  assert.ok(enabling?.enabling)
  await other.run(updateTable, { table: 'table', change: () => ({ deletionProtection: true }) })
  assert.equal(await one.timeToLive(), enabling)
  await one.completeChanges()
  assert.equal(await other.run(describeTimeToLive, { table: 'table' }), { attribute: 'at' })
  await one.expireBy()
  assert.is(await other.run(describeTimeToLive, { table: 'table' }), undefined)
  await Promise.all([one.close(), other.close()])
})

test('an item of a write planned before the attribute was chosen expires too', async () => {
  const load = async function* () {
    yield [{ bytes: 1, text: () => '', decode: () => timed('a', SOON) }]
  }
  const puts = [{ put: timed('a', SOON) }]
  const update = { ...NONE, key: KEY, updates: [put('at', value(SOON))] }
  const writes: readonly ((fixture: Expiring) => Promise<unknown>)[] = [
    (fixture) => fixture.put(undefined, timed('a', SOON)),
    (fixture) => fixture.run(updateItem, update),
    (fixture) => fixture.run(batchWriteItem, { requests: [{ table: 'table', writes: puts }] }),
    (fixture) => fixture.run(bulkLoad, { table: 'table', lines: load(), onProgress() {} }),
  ]
  for (const write of writes) {
    const driver = faulty(new WornDriver(), () => undefined)
    const fixture = new Expiring(driver)
    const tableId = tableIdOf(await fixture.create('table'))
    const { commit } = driver
    driver.commit = async (table, ...rest) => {
      if (!table.equals(tableId)) return commit(table, ...rest)
      driver.commit = commit
      await fixture.expireBy('at')
      await fixture.completeChanges()
      assert.is((await fixture.journal()).length, 0)
      return commit(table, ...rest)
    }
    await write(fixture)
    fixture.wait(60 + SWEPT)
    await fixture.sweep()
    assert.is(await fixture.get('table', KEY), undefined)
    await fixture.close()
  }
})

test('UpdateTimeToLive that is refused, or on a missing table, leaves no job', async () => {
  const fixture = new Expiring()
  await fixture.create('table', WITH_INDEXES)
  const check = () => {
    throw validationError('no')
  }
  const refused = fixture.run(updateTimeToLive, { table: 'table', attribute: 'at', check })
  assert.is(await outcomeOf(refused), 'validation')
  const absent = fixture.run(updateTimeToLive, { table: 'absent', attribute: 'at' })
  assert.is(await outcomeOf(absent), 'table_not_found')
  assert.is(await fixture.timeToLive(), undefined)
  assert.equal(await fixture.changes(), [])
  await fixture.close()
})

test('an item whose journal entry fails is not written', async () => {
  let failing = false
  const driver = faulty(new WornDriver(), ({ method }) =>
    failing && method === 'append' ? { fault: 'unavailable' } : undefined,
  )
  const fixture = new Expiring(driver)
  await fixture.create('table', WITH_INDEXES)
  await fixture.expireBy('at')
  failing = true
  const written = fixture.run(putItem, { ...NONE, item: timed('a', SOON) })
  const error = await written.catch((reason: unknown) => reason)
  assert.is((error as Error).name, 'StorageUnavailableError')
  assert.is(await fixture.get('table', KEY), undefined)
  await fixture.put(undefined, timed('never', START_SECONDS - 6 * YEAR))
  await fixture.close()
})

test.run()
