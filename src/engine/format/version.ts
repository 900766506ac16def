import { randomFillSync } from 'node:crypto'
import type { Version } from '../../storage/driver.ts'

const VERSION_BYTES = 16
const POOL_VERSIONS = 256

let pool = Buffer.alloc(0)
let used = 0

/** A fresh version: random, since after a delete a restarted counter could match the old row.
 * Pooled, since a system call for each would cost more than all else. */
export function newVersion(): Version {
  if (used === pool.length) {
    pool = randomFillSync(Buffer.allocUnsafeSlow(VERSION_BYTES * POOL_VERSIONS))
    used = 0
  }
  used += VERSION_BYTES
  return pool.subarray(used - VERSION_BYTES, used)
}
