import { REQUEST_BODY_BYTES_MAX } from '../../model/limits.ts'
import type { Stepped } from '../../model/steps.ts'
import type { Operation } from '../../operations/operation.ts'
import { listTables } from '../../operations/tables/list-tables.ts'
import type { Binding, WireRequest } from '../wire.ts'
import { decodeListTables } from './decode/list-tables.ts'
import { encodeTableNames } from './encode/table-names.ts'

/** Binds an operation to its name, a decoder and an encoder of its own types. */
function target<Command, Result>(
  name: string,
  operation: Operation<Command, Result>,
  decode: (request: WireRequest) => Stepped<Command>,
  encode: (result: Result, request: WireRequest, command: Command) => string,
  refusal?: Binding<Command, Result>['refusal'],
): readonly [string, Binding] {
  const bound: Binding<Command, Result> = {
    ...{ operation, decode, encode, bodyBytesMax: REQUEST_BODY_BYTES_MAX },
    ...(refusal && { refusal }),
  }
  return [name, bound as Binding]
}

/** What is served, by the name that `X-Amz-Target` has for it. */
export function targets(): ReadonlyMap<string, Binding> {
  return new Map([target('ListTables', listTables, decodeListTables, encodeTableNames)])
}
