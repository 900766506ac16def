import { randomUUID } from 'node:crypto'
import { timeToLiveJob } from '../../engine/jobs/time-to-live-job.ts'
import { addJob } from '../../engine/leases/add-job.ts'
import type { TableDefinition } from '../../model/table.ts'
import type { Operation, TableCheck } from '../operation.ts'

export interface UpdateTimeToLive {
  readonly table: string
  /** The attribute that holds the expiry times; undefined disables the time to live. */
  readonly attribute: string | undefined
  readonly check?: TableCheck
}

/** Responds once the change is effective. Existing items are journalled in the background. */
export const updateTimeToLive: Operation<UpdateTimeToLive, void> = {
  name: 'update_time_to_live',
  async run({ catalogue, jobs }, { table, attribute, check }, context) {
    const { storage, projectId, deadline } = context
    await catalogue.update(context, table, async (definition) => {
      check?.(definition)
      // The job comes first. It completes the change if this process dies.
      const change = randomUUID()
      await addJob(storage, timeToLiveJob(projectId, definition, change), deadline)
      return changed(definition, attribute, change)
    })
    jobs.wake()
  },
}

function changed(
  { timeToLive, ...definition }: TableDefinition,
  attribute: string | undefined,
  enabling: string,
): TableDefinition {
  return attribute === undefined
    ? definition
    : { ...definition, timeToLive: { attribute, enabling } }
}
