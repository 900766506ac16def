import * as assert from 'uvu/assert'
import { StorageUnavailableError } from '../../../src/storage/driver.ts'
import type { Test } from '../../support/suite.ts'
import type { Contract } from '../contract.ts'
import { commitOf, EVERYTHING, putRow, strongRead, text } from './table-fixture.ts'

export function bootstrapTests(test: Test, contract: Contract): void {
  test('several drivers can open a store at once, and one that is already open', async () => {
    const table = contract.table()
    const others = Array.from({ length: 4 }, () => contract.store().another())
    await Promise.all(others.map((driver) => driver.open()))
    await table.put(text('p'), text('s'), 'seen by all')
    for (const other of others) {
      assert.is(await table.by(other).value(text('p'), text('s')), 'seen by all')
      await other.close()
    }
    assert.is(await table.value(text('p'), text('s')), 'seen by all')
  })

  test('a call after its deadline rejects with StorageUnavailableError, undone', async () => {
    const { driver, table } = contract.table()
    const journal = contract.table().table
    const deadline = performance.now() - 1
    const read = { level: 'strong', deadline } as const
    const [p, s] = [text('p'), text('s')]
    const request = { segment: 0, totalSegments: 1, range: {}, budget: EVERYTHING }
    const late = [
      () => driver.get(table, p, s, read),
      () => driver.getMany(table, p, [s], read),
      () => driver.slice(table, p, {}, 'forward', EVERYTHING, read),
      () => driver.scan(table, request, read),
      () => driver.sorts(table, p, {}, 1, read),
      () => driver.commit(table, p, commitOf({ put: [putRow(s)] }), deadline),
      () => driver.append(journal, p, [{ sort: s, value: s }], deadline),
      () => driver.drop(journal, p, 1n, deadline),
    ]
    for (const call of late) {
      const error = await call().then(
        () => null,
        (reason: unknown) => reason,
      )
      assert.instance(error, StorageUnavailableError, String(call))
    }
    for (const each of [table, journal]) {
      assert.is(await driver.get(each, p, s, strongRead()), null)
    }
  })
}
