import type { OperationName } from '../../../src/operations/declarations.ts'
import { readJson } from '../../stack/project.ts'

export interface SampleRequest {
  readonly operation: OperationName
  readonly method: 'DELETE' | 'GET' | 'POST'
  /** Below `/v1/data/:project_id`, perhaps with a query. */
  readonly path: string
  /** Sent as JSON; of a bulk load, a list that is sent as lines. */
  readonly body?: unknown
}

const SAMPLES: {
  readonly table: { readonly table_name: string; readonly [name: string]: unknown }
  readonly requests: readonly SampleRequest[]
} = readJson('test/support/hostile/sample-requests.json')

/** The table that most samples are about, with an index of each type and projection. */
export const SAMPLE_TABLE = SAMPLES.table

/** A valid request of each of v1's calls, for tests that do something to them. */
export const SAMPLE_REQUESTS = SAMPLES.requests
