import { randomFillSync } from 'node:crypto'
import type { Version } from '../../storage/driver.ts'

const VERSION_BYTES = 16
const POOL_VERSIONS = 256

let pool = Buffer.alloc(0)
let used = 0

/** A fresh version: random, since a counter restarted after a delete could be mistaken for the old
 * row. Drawn from a pool, because a call to the system for each costs more than the rest. */
export function newVersion(): Version {
  if (used === pool.length) {
    pool = randomFillSync(Buffer.allocUnsafeSlow(VERSION_BYTES * POOL_VERSIONS))
    used = 0
  }
  used += VERSION_BYTES
  return pool.subarray(used - VERSION_BYTES, used)
}
