import { type Item, isScalar } from '../../../model/attribute-value.ts'
import { BATCH_GET_KEYS_MAX } from '../../../model/limits.ts'
import { andThen, type Stepped } from '../../../model/steps.ts'
import { encodeItem } from '../../../model/typed-json.ts'
import type { BatchGetItem, TableKeys } from '../../../operations/batches/batch-get-item.ts'
import { validationError } from '../../invalid-request.ts'
import type { WireRequest } from '../../wire.ts'
import { attributes, sound } from '../attribute/attributes.ts'
import { RequestExpressions } from '../expression/request-expressions.ts'
import type { Templates } from '../expression/templates.ts'
import { attributesToGet, decodeAttributesToGet } from '../legacy/attributes-to-get.ts'
import { checkMixing } from '../legacy/mixed-parameters.ts'
import { list, mapOf } from '../shapes/collections.ts'
import { flag } from '../shapes/scalars.ts'
import { mandatory, type Read, structure } from '../shapes/shape.ts'
import {
  type CapacityDetail,
  expression,
  expressionAttributeNames,
  inputOf,
  returnConsumedCapacity,
  tableNames,
} from './parameters.ts'
import { refuseOpenedKeys } from './table-checks.ts'

const keysAndAttributes = structure({
  Keys: mandatory(list(attributes, { lengthMin: 1 })),
  AttributesToGet: attributesToGet,
  ConsistentRead: flag,
  ProjectionExpression: expression,
  ExpressionAttributeNames: expressionAttributeNames,
})
const SHAPE = structure({
  ReturnConsumedCapacity: returnConsumedCapacity,
  RequestItems: mapOf(keysAndAttributes, { names: tableNames }),
})
const KINDS = { expressions: ['ProjectionExpression'], legacy: ['AttributesToGet'] } as const

type Input = Read<typeof keysAndAttributes>

/** With the parameters as received, which unprocessed keys repeat. */
export type ShownBatchGet = BatchGetItem & {
  readonly capacity: CapacityDetail
  readonly inputs: ReadonlyMap<string, Input>
}

export function decodeBatchGetItem(
  request: WireRequest,
  templates: Templates,
): Stepped<ShownBatchGet> {
  return andThen(inputOf(SHAPE, request), ({ RequestItems, ReturnConsumedCapacity }) => {
    if (RequestItems === undefined || RequestItems.size === 0) {
      throw validationError('The requestItems parameter is required for BatchGetItem')
    }
    refuseTooMany(RequestItems)
    const requests = Array.from(RequestItems, ([table, input]) => keysOf(table, input, templates))
    return { requests, inputs: RequestItems, capacity: ReturnConsumedCapacity ?? 'NONE' }
  })
}

function refuseTooMany(tables: ReadonlyMap<string, Input>): void {
  let count = 0
  for (const [table, { Keys }] of tables) {
    if (Keys.length > BATCH_GET_KEYS_MAX) {
      throw validationError(
        `1 validation error detected: Value at 'RequestItems.${table}.member.Keys' failed to ` +
          `satisfy constraint: Member must have length less than or equal to ${BATCH_GET_KEYS_MAX}`,
      )
    }
    count += Keys.length
  }
  if (count > BATCH_GET_KEYS_MAX) {
    throw validationError('Too many items requested for the BatchGetItem call')
  }
}

function keysOf(table: string, input: Input, templates: Templates): TableKeys {
  checkMixing(input, KINDS)
  const legacy = decodeAttributesToGet(input.AttributesToGet)
  const keys = input.Keys.map((key) => sound(key))
  refuseRepeated(keys)
  const expressions = new RequestExpressions(templates, {
    ExpressionAttributeNames: input.ExpressionAttributeNames,
  })
  const paths = expressions.projection(input.ProjectionExpression) ?? legacy
  expressions.finish()
  const check = refuseOpenedKeys(expressions.openedAttributes)
  return {
    ...{ table, keys, consistentRead: input.ConsistentRead ?? false },
    ...(paths && { paths }),
    ...(check && { check }),
  }
}

/** Compares keys by their texts with sorted names, because values are canonical. Keys that no table
 * can have are refused later. */
function refuseRepeated(asked: readonly Item[]): void {
  const keys = asked.filter((key) => key.size <= 2 && [...key.values()].every(isScalar))
  const texts = keys.map((key) => encodeItem(new Map([...key].sort(byName))).json)
  if (new Set(texts).size === texts.length) return
  throw validationError('Provided list of item keys contains duplicates')
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}
