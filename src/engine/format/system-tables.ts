import type { TableDefinition } from '../../model/table.ts'
import type { TableId } from '../../storage/driver.ts'

/** Tables of our own, by ids that no random UUID has. Part of the stored format. */

/** What the database as a whole is (database-format.ts). */
export const DATABASE_TABLE_ID: TableId = systemTableId(0)

/** partition: project id, sort: table name, value: definition-codec.ts. */
export const CATALOGUE_TABLE_ID: TableId = systemTableId(1)

/** One row, whose version changes whenever a cached definition may have become old. */
export const CATALOGUE_REVISION_TABLE_ID: TableId = systemTableId(2)

/** The jobs of format 1. */
export const FIRST_FORMAT_JOBS_TABLE_ID: TableId = systemTableId(3)

/** Which items expire when (jobs/expiry-journal.ts). Appended to, never committed to. */
export const EXPIRY_TABLE_ID: TableId = systemTableId(12)

/** What jobs there are: open epochs and standing jobs (leases/heads.ts). */
export const JOB_HEADS_TABLE_ID: TableId = systemTableId(10)

/** The jobs, epoch by epoch (leases/epochs.ts). */
export const JOB_EPOCHS_TABLE_ID: TableId = systemTableId(11)

/** What tenants have written on their tables (catalogue/table-tags.ts). */
export const TAGS_TABLE_ID: TableId = systemTableId(14)

/** Of a tenant's table. */
export function tableIdOf(definition: Pick<TableDefinition, 'id'>): TableId {
  return Buffer.from(definition.id.replaceAll('-', ''), 'hex')
}

function systemTableId(number: number): TableId {
  const id = Buffer.alloc(16)
  id[15] = number
  return id
}
