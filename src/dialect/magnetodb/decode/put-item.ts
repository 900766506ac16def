import type { Condition } from '../../../expression/condition.ts'
import type { Steps } from '../../../model/steps.ts'
import type { TableDefinition } from '../../../model/table.ts'
import type { PutItem } from '../../../operations/items/put-item.ts'
import { validationError } from '../../invalid-request.ts'
import type { WireRequest } from '../../wire.ts'
import { itemTable } from '../names.ts'
import { optionalTimeToLive, refuseUnexpected, requireBody, smallBody } from '../properties.ts'
import { decodeExpected } from './expected.ts'
import { decodeItem, decodePlainItem } from './item.ts'
import { decodeReturnValues } from './return-values.ts'

const PROPERTIES = new Set(['item', 'expected', 'return_values', 'time_to_live'])

export function* decodePutItem(request: WireRequest): Steps<PutItem> {
  const body = smallBody(request) ?? (yield* requireBody(request))
  const condition = body.expected === undefined ? undefined : yield* decodeExpected(body.expected)
  const item = decodePlainItem(body.item, 'item') ?? (yield* decodeItem(body.item, 'item'))
  const returnValues = decodeReturnValues(body.return_values, ['ALL_OLD', 'ALL_NEW'])
  const timeToLiveSeconds = optionalTimeToLive(body.time_to_live)
  refuseUnexpected(body, PROPERTIES, 'body')
  return {
    table: itemTable(request),
    item,
    // The new item is what was sent: ALL_NEW is accepted, but nothing is sent back.
    returnValues: returnValues === 'ALL_OLD' ? 'ALL_OLD' : 'NONE',
    ...(condition && { condition, check: refuseContradiction(condition) }),
    ...(timeToLiveSeconds !== undefined && { timeToLiveSeconds }),
  }
}

/** Refuses a condition that can never be met: no hash key, and another attribute beside it. */
export function refuseContradiction(condition: Condition) {
  const all = condition.op === 'and' ? condition.conditions : []
  return ({ key }: TableDefinition): void => {
    const wantsNone = all.some(
      (one) => one.op === 'attribute_not_exists' && one.attribute === key.hash,
    )
    if (wantsNone && all.some(({ op }) => op !== 'attribute_not_exists')) {
      throw validationError('Both expected_condition_map and if_not_exist specified')
    }
  }
}
