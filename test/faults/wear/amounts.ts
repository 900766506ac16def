export const AMOUNTS = {
  /** Runs all parts at once, which is faster. One after another, Cassandra drops fewer traces. */
  atOnce: false,
  ...{ earlyJobs: 200, jobs: 20_000, expiries: 50_000 },
  /** Deletions of tables: before the first measurement and in total. */
  ...{ earlyDeletions: 20, deletions: 500 },
  /** Deleted rows of the control without landmarks. */
  plainRows: 120_000,
  /** Rows that are deleted, by the shape of their keys. */
  stretches: {
    'alike in 25 bytes': 300_000,
    random: 120_000,
    'alike in 200 bytes': 120_000,
    'alike in 1,000 bytes': 120_000,
    zeros: 120_000,
    'of two prefixes': 120_000,
  } as Readonly<Record<string, number>>,
}

export type WearAmounts = Readonly<typeof AMOUNTS>

/** For a Cassandra that aborts a read after `TEST_TOMBSTONES`. */
export const AMOUNTS_SHORT: WearAmounts = {
  atOnce: true,
  ...{ earlyJobs: 200, jobs: 2_000, earlyDeletions: 0, deletions: 50, expiries: 2_000 },
  plainRows: 21_000,
  stretches: { 'alike in 25 bytes': 21_000, zeros: 21_000 },
}
