/**
 * The contract suite: what every storage driver must do, whatever the engine. A new driver's test
 * calls `storageContract` with a way to open it, and passes.
 */
import { randomBytes } from 'node:crypto'
import type { StorageDriver, TableId } from '../../src/storage/driver.ts'
import type { Test } from '../support/suite.ts'
import { bootstrapTests } from './contract/bootstrap.ts'
import { commitTests } from './contract/commits.ts'
import { denseTests } from './contract/dense.ts'
import { journalTests } from './contract/journals.ts'
import { keyTests } from './contract/keys.ts'
import { lockTests } from './contract/locks.ts'
import { modelTests } from './contract/model.ts'
import { pageTests } from './contract/pages.ts'
import { purgeTests } from './contract/purge.ts'
import { scanTests } from './contract/scans.ts'
import { sharingTests } from './contract/sharing.ts'
import { sortTests } from './contract/sorts.ts'
import { TableFixture } from './contract/table-fixture.ts'
import { volumeTests } from './contract/volume.ts'

export interface ContractStore {
  /** Open. */
  readonly driver: StorageDriver
  /** A driver of its own on the same store, not yet open, as another process would make it.
   * Closed by `close` of the store. */
  another(): StorageDriver
  /** Sets or clears the lock of one row, present or absent, as preparing a transaction will. */
  setLock(table: TableId, partition: Buffer, sort: Buffer, lock: Buffer | null): Promise<void>
  /** Reads of all drivers that the engine gave up on so far. */
  failedReads?(): number
  close(): Promise<void>
}

/** Gives each test tables of its own on one store that stays open for all of them. */
export interface Contract {
  store(): ContractStore
  table(): TableFixture
  /** The table by an open driver of its own, as another process would have it. */
  byAnother(table: TableFixture): Promise<TableFixture>
  /** A number of rows or rounds for this run, at least `least`. */
  scaled(full: number, least: number): number
}

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
    bootstrapTests,
    commitTests,
    lockTests,
    pageTests,
    scanTests,
    keyTests,
    sharingTests,
    sortTests,
    journalTests,
    purgeTests,
    modelTests,
    volumeTests,
    denseTests,
  ]) {
    register(test, contract)
  }
}
