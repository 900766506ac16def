import type { StorageDriver } from '../../src/storage/driver.ts'

/** The driver as a remote server: without `versionNow`, and ignoring fences. */
export function remote(driver: StorageDriver): StorageDriver {
  return {
    name: `remote ${driver.name}`,
    open: () => driver.open(),
    close: () => driver.close(),
    get: (...call) => driver.get(...call),
    getMany: (...call) => driver.getMany(...call),
    slice: (...call) => driver.slice(...call),
    scan: (...call) => driver.scan(...call),
    sorts: (...call) => driver.sorts(...call),
    append: (...call) => driver.append(...call),
    drop: (...call) => driver.drop(...call),
    purge: (...call) => driver.purge(...call),
    commit(table, partition, { id, require, put, delete: removed }, deadline) {
      return driver.commit(table, partition, { id, require, put, delete: removed }, deadline)
    },
  }
}
