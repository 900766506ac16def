import type { OperationName } from '../../../src/operations/declarations.ts'
import { readJson } from '../../stack/project.ts'

export interface SampleRequest {
  readonly operation: OperationName
  readonly method: 'DELETE' | 'GET' | 'POST'
  /** Relative to `/v1/data/:project_id`; may have a query string. */
  readonly path: string
  /** Sent as JSON. For a bulk load: a list, sent as lines. */
  readonly body?: unknown
}

const SAMPLES: {
  readonly table: { readonly table_name: string; readonly [name: string]: unknown }
  readonly requests: readonly SampleRequest[]
} = readJson('test/support/hostile/sample-requests.json')

/** The table that most samples use, with an index of each type and projection. */
export const SAMPLE_TABLE = SAMPLES.table

/** A valid request for each of v1's operations, for tests to change. */
export const SAMPLE_REQUESTS = SAMPLES.requests
