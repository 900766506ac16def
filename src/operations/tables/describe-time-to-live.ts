import type { TimeToLive } from '../../model/table.ts'
import type { Operation } from '../operation.ts'

export interface DescribeTimeToLive {
  readonly table: string
}

/** Undefined if it is disabled. */
export const describeTimeToLive: Operation<DescribeTimeToLive, TimeToLive | undefined> = {
  name: 'describe_time_to_live',
  run: async ({ catalogue }, { table }, context) =>
    (await catalogue.describe(context, table)).timeToLive,
}
