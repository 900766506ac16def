import * as assert from 'uvu/assert'
import { messageOf } from '../../../src/dialect/magnetodb/messages.ts'
import type { WireRequest } from '../../../src/dialect/wire.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'

export const TABLES_URL = 'http://127.0.0.1:8480/v1/data/p1/tables'

/** A request with a JSON body, given as a value or, for an exact notation, as text. */
export function v1Request(body: unknown, tableName = 'Thread', query = ''): WireRequest {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return {
    method: 'POST',
    path: `/v1/data/p1/tables/${tableName}`,
    param: (name) => (name === 'table_name' ? tableName : 'p1'),
    query: new URLSearchParams(query),
    address: '127.0.0.1',
    baseUrl: 'http://127.0.0.1:8480',
    body: bytes,
    header: () => undefined,
    receive: async () => bytes,
    receiveUnidentified: async () => bytes,
  }
}

/** Asserts that `run` throws a MagnetoDBError with this code and exactly this message. */
export function refuses(run: () => unknown, message: string, code = 'validation'): void {
  let refusal: unknown
  try {
    run()
  } catch (error) {
    refusal = error
  }
  assert.instance(refusal, MagnetoDBError, `accepted, but expected: ${message}`)
  const { code: actualCode, reason } = refusal as MagnetoDBError
  assert.equal([actualCode, messageOf(reason)], [code, message])
}

export const MISSING = (label: string) =>
  `Required property '${label}' wasn't found or it's value is null`
