/** The contract suite: the behaviour that every storage driver must have. The test of a new driver
 * calls `storageContract` with a function that opens it. */
import { randomBytes } from 'node:crypto'
import type { StorageDriver, TableId } from '../../src/storage/driver.ts'
import type { Test } from '../support/suite.ts'
import { commitTests } from './contract/commits.ts'
import { denseTests } from './contract/dense.ts'
import { driverTests } from './contract/drivers.ts'
import { journalTests } from './contract/journals.ts'
import { keyTests } from './contract/keys.ts'
import { lockTests } from './contract/locks.ts'
import { modelTests } from './contract/model.ts'
import { pageTests } from './contract/pages.ts'
import { purgeTests } from './contract/purge.ts'
import { scanTests } from './contract/scans.ts'
import { TableFixture } from './contract/table-fixture.ts'

export interface ContractStore {
  /** Open. */
  readonly driver: StorageDriver
  /** A second driver on the same store, not yet open, as in another process. `close` of the store
   * closes it. */
  another(): StorageDriver
  /** Sets or clears the lock of one row, present or absent, as a prepared transaction will. */
  setLock(table: TableId, partition: Buffer, sort: Buffer, lock: Buffer | null): Promise<void>
  /** Number of reads by all drivers that the engine has failed. */
  failedReads?(): number
  close(): Promise<void>
}

/** Gives each test its own tables in one store that stays open for all tests. */
export interface Contract {
  store(): ContractStore
  table(): TableFixture
  /** The same table through another open driver, as in another process. */
  byAnother(table: TableFixture): Promise<TableFixture>
  /** A number of rows or rounds, scaled for this engine. */
  scaled(full: number, least: number): number
}

/** Registers a test with a table of its own. */
export type ContractTest = (title: string, body: (table: TableFixture) => Promise<void>) => void

/**
 * @param scale 1: full sizes, for an embedded engine. Less shrinks what is counted in many rows
 * (never the 100,000 deletes in one partition): 0.1 suits an engine behind a network.
 */
export function storageContract(
  test: Test,
  { open, scale }: { open(): Promise<ContractStore>; readonly scale: number },
): void {
  let opened: ContractStore | undefined
  const store = () => {
    if (opened === undefined) throw new Error('the store is not open')
    return opened
  }
  const contract: Contract = {
    store,
    table: () => new TableFixture(store().driver, randomBytes(16)),
    async byAnother(table) {
      const driver = store().another()
      await driver.open()
      return table.by(driver)
    },
    scaled: (full, least) => Math.max(least, Math.round(full * scale)),
  }
  test.before(async () => {
    opened = await open()
  })
  test.after(() => opened?.close())
  for (const register of [
    driverTests,
    commitTests,
    lockTests,
    pageTests,
    scanTests,
    keyTests,
    journalTests,
    purgeTests,
    modelTests,
    denseTests,
  ]) {
    register((title, body) => test(title, () => body(contract.table())), contract)
  }
}
