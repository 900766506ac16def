import type { types } from 'cassandra-driver'
import type { Row } from '../driver.ts'

/** Null for a landmark, or a lock without a row. */
export function rowOf(row: types.Row | undefined): Row | null {
  const version: Buffer | null = row?.version ?? null
  if (row === undefined || version === null) return null
  const { sort, value, size, written, expires_at: expiresAt } = row
  return {
    sort,
    value,
    size,
    version,
    lock: lockOf(row),
    order: written,
    expiresAt: Number(expiresAt),
  }
}

/** Null for a released lock. */
export function lockOf(row: types.Row): Buffer | null {
  const lock: Buffer | null = row.lock ?? null
  return lock === null || lock.length === 0 ? null : lock
}
