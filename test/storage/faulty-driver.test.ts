import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import { StorageUnavailableError } from '../../src/storage/driver.ts'
import { MemoryDriver } from '../../src/storage/memory/driver.ts'
import { suite } from '../support/suite.ts'
import { commitOf, putRow, TableFixture, text } from './contract/table-fixture.ts'
import { type Fault, type FaultScript, faulty } from './faulty-driver.ts'

const test = suite('faulty driver')
const [P, S] = [text('p'), text('s')]

function tables(script: FaultScript) {
  const driver = new MemoryDriver()
  const table = new TableFixture(driver, randomBytes(16))
  return { table, faultyTable: table.by(faulty(driver, script)) }
}

test('a commit reported as unknown may be applied, with other writes in between', async () => {
  const { table, faultyTable } = tables(() => ({
    fault: 'applied-unknown',
    meanwhile: () => table.put(P, text('other'), 'between'),
  }))
  const result = await faultyTable.commit(P, commitOf({ put: [putRow(S, 'mine')] }))
  assert.is(result.outcome, 'unknown')
  assert.is(await table.value(P, S), 'mine')
  assert.is(await table.value(P, text('other')), 'between')
})

test('a lost commit is reported as unknown and not applied', async () => {
  const { table, faultyTable } = tables(() => ({ fault: 'lost-unknown' }))
  const result = await faultyTable.commit(P, commitOf({ put: [putRow(S)] }))
  assert.is(result.outcome, 'unknown')
  assert.is(await table.get(P, S), null)
})

test('a refused commit is reported as refused, since that is certain', async () => {
  const { faultyTable } = tables(() => ({ fault: 'applied-unknown' }))
  const require = [{ sort: S, version: randomBytes(16) }]
  const result = await faultyTable.commit(P, commitOf({ put: [putRow(S)], require }))
  assert.is(result.outcome, 'refused')
})

test('only calls that the script names fail', async () => {
  const { table, faultyTable } = tables(({ method, count }) =>
    method === 'get' && count === 1 ? { fault: 'unavailable' } : undefined,
  )
  await table.put(P, S, 'v')
  assert.is(await faultyTable.value(P, S), 'v')
  const error = await faultyTable.get(P, S).catch((reason: unknown) => reason)
  assert.instance(error, StorageUnavailableError)
  assert.is(await faultyTable.value(P, S), 'v')
})

test('a rejected append or drop may be written, lost, or written later', async () => {
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const faults: Fault[] = [
    { fault: 'applied-unknown' },
    { fault: 'lost-unknown' },
    { fault: 'late-unknown', begun },
  ]
  const { table, faultyTable } = tables(({ count }) => faults[count])
  const until = performance.now() + 10_000
  const sorts = ['applied', 'lost', 'late'].map(text)
  const { driver } = faultyTable
  for (const sort of sorts) {
    const rows = [{ sort, value: text('v') }]
    const error = await driver.append(table.table, P, rows, until).catch((reason) => reason)
    assert.instance(error, StorageUnavailableError)
  }
  const there = async () => (await table.rows(P)).map(({ sort }) => String(sort))
  assert.equal(await there(), ['applied'])
  begin()
  await begun
  assert.equal(await there(), ['applied', 'late'])
  const error = await driver.drop(table.table, P, 1_000n, until).catch((reason) => reason)
  assert.instance(error, StorageUnavailableError)
  assert.equal(await there(), [])
})

test('a delayed call reaches the driver late', async () => {
  const { faultyTable } = tables(() => ({ fault: 'delay', milliseconds: 30 }))
  const started = performance.now()
  await faultyTable.get(P, S)
  assert.ok(performance.now() - started >= 29)
})

test.run()
