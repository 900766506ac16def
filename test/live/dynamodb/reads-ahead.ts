/** Milliseconds before midnight UTC in which the next day's signing key may be derived. */
const AHEAD_MS = 10 * 60 * 1_000

/** How many reads of a key's secret a test of a few minutes may cause for the next day's signing
 * key: one around midnight UTC, else none. */
export function readsAheadMax(): number {
  const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
  const now = Date.now()
  return dayOf(now - AHEAD_MS) === dayOf(now + AHEAD_MS) ? 0 : 1
}
