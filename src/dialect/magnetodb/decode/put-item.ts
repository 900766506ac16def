import type { Condition } from '../../../expression/condition.ts'
import type { Item } from '../../../model/attribute-value.ts'
import { andThen, type Stepped } from '../../../model/steps.ts'
import type { TableDefinition } from '../../../model/table.ts'
import type { PutItem } from '../../../operations/items/put-item.ts'
import { validationError } from '../../invalid-request.ts'
import type { JsonObject } from '../../json-object.ts'
import type { WireRequest } from '../../wire.ts'
import { itemTable } from '../names.ts'
import { optionalTimeToLive, refuseUnexpected, requireBody } from '../properties.ts'
import { decodeExpected } from './expected.ts'
import { decodeItem } from './item.ts'
import { decodeReturnValues } from './return-values.ts'

const PROPERTIES = new Set(['item', 'expected', 'return_values', 'time_to_live'])

export function decodePutItem(request: WireRequest): Stepped<PutItem> {
  return andThen(requireBody(request), (body) =>
    andThen(body.expected === undefined ? undefined : decodeExpected(body.expected), (condition) =>
      andThen(decodeItem(body.item, 'item'), (item) => putOf(request, body, item, condition)),
    ),
  )
}

function putOf(
  request: WireRequest,
  body: JsonObject,
  item: Item,
  condition: Condition | undefined,
): PutItem {
  const returnValues = decodeReturnValues(body.return_values, ['ALL_OLD', 'ALL_NEW'])
  const timeToLiveSeconds = optionalTimeToLive(body.time_to_live)
  refuseUnexpected(body, PROPERTIES, 'body')
  return {
    table: itemTable(request),
    item,
    // ALL_NEW is accepted but returns nothing, because the client has sent the new item itself.
    returnValues: returnValues === 'ALL_OLD' ? 'ALL_OLD' : 'NONE',
    ...(condition && { condition, check: refuseContradiction(condition) }),
    ...(timeToLiveSeconds !== undefined && { timeToLiveSeconds }),
  }
}

/** Refuses a condition that can never be met: the hash key is absent, but another attribute is
 * present. */
export function refuseContradiction(condition: Condition) {
  const all = condition.op === 'and' ? condition.conditions : []
  return ({ key }: TableDefinition): void => {
    const wantsNone = all.some(
      (one) => one.op === 'attribute_not_exists' && one.path.attribute === key.hash,
    )
    if (wantsNone && all.some(({ op }) => op !== 'attribute_not_exists')) {
      throw validationError('Both expected_condition_map and if_not_exist specified')
    }
  }
}
