import type { TableDefinition } from '../../model/table.ts'
import type { TableId } from '../../storage/driver.ts'

/* The service's own tables. No random UUID equals their ids, which the stored format contains. */

/** Properties of the database (database-format.ts). */
export const DATABASE_TABLE_ID: TableId = systemTableId(0)

/** Partition: project id. Sort: table name. Value: see definition-codec.ts. */
export const CATALOGUE_TABLE_ID: TableId = systemTableId(1)

/** One row, whose version changes whenever cached definitions may be outdated. */
export const CATALOGUE_REVISION_TABLE_ID: TableId = systemTableId(2)

/** Jobs of format 1. */
export const FIRST_FORMAT_JOBS_TABLE_ID: TableId = systemTableId(3)

/** Journal of expiring items (jobs/expiry-journal.ts). Appended to, never committed to. */
export const EXPIRY_TABLE_ID: TableId = systemTableId(12)

/** Open epochs and standing jobs (leases/heads.ts). */
export const JOB_HEADS_TABLE_ID: TableId = systemTableId(10)

/** Jobs by epoch (leases/epochs.ts). */
export const JOB_EPOCHS_TABLE_ID: TableId = systemTableId(11)

/** Tags of tables (catalogue/table-tags.ts). */
export const TAGS_TABLE_ID: TableId = systemTableId(14)

export function tableIdOf(definition: Pick<TableDefinition, 'id'>): TableId {
  return Buffer.from(definition.id.replaceAll('-', ''), 'hex')
}

function systemTableId(number: number): TableId {
  const id = Buffer.alloc(16)
  id[15] = number
  return id
}
