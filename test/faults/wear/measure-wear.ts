import { cassandraOptions, TestKeyspace } from '../../live/cassandra-keyspace.ts'
import type { Measured } from '../figure.ts'
import { measureStretches } from './dense-stretches.ts'
import { measureExpiry } from './expired-items.ts'
import { measureJobs } from './finished-jobs.ts'
import type { Part, WearAmounts } from './part.ts'
import { TracedSlices } from './traced-slices.ts'
import { measureTables } from './worn-tables.ts'

export async function measureWear(
  { host, port }: { readonly host: string; readonly port: number },
  amounts: WearAmounts,
): Promise<Measured> {
  const options = cassandraOptions({ contact_points: [host], port, request_timeout: 30 })
  const slices = new TracedSlices(options)
  const place = { options, amounts, slices }
  // Jobs have a ledger of their own, so that their looks see nothing else.
  const jobsOptions = { ...options, keyspace: `${options.keyspace}_jobs` }
  const measures = {
    jobs: () => measureJobs({ ...place, options: jobsOptions }),
    deletions: () => measureTables(place),
    expiries: () => measureExpiry(place),
    stretches: () => measureStretches(place),
  }
  try {
    const parts: Promise<Part>[] = []
    for (const [what, measure] of Object.entries(measures)) {
      const failed = (error: unknown) => ({ faults: [`${what}: ${error}`], detail: {} })
      const part = measure().catch(failed)
      parts.push(part)
      if (!amounts.atOnce) await part
    }
    const seen = await Promise.all(parts)
    const faults = seen.flatMap((part) => part.faults)
    const detail = Object.assign({}, ...seen.map((part) => part.detail))
    const target = '0 growing or given up, all controls found'
    return { value: faults.length, target, faults, detail }
  } finally {
    await slices.end()
    await new TestKeyspace(options).drop()
    await new TestKeyspace(jobsOptions).drop()
  }
}
