import { pathOf } from '../../../expression/path.ts'
import type { UpdateAction } from '../../../expression/update.ts'
import { STEP_ELEMENTS, type Steps, settled } from '../../../model/steps.ts'
import type { UpdateItem } from '../../../operations/items/update-item.ts'
import { validationError } from '../../invalid-request.ts'
import type { WireRequest } from '../../wire.ts'
import { decodeValue } from '../attribute-codec.ts'
import { itemTable, requireAttributeName } from '../names.ts'
import {
  isNull,
  missing,
  optionalTimeToLive,
  refuseUnexpected,
  requireBody,
  requireObject,
  requireString,
} from '../properties.ts'
import { shortened } from '../shortened.ts'
import { decodeExpected } from './expected.ts'
import { decodeItem } from './item.ts'
import { decodeReturnValues } from './return-values.ts'

const PROPERTIES = new Set([
  'key',
  'attribute_updates',
  'expected',
  'return_values',
  'time_to_live',
])
const UPDATE_PROPERTIES = new Set(['action', 'value'])

export function* decodeUpdateItem(request: WireRequest): Steps<UpdateItem> {
  const body = yield* settled(requireBody(request))
  const condition = isNull(body.expected) ? undefined : yield* decodeExpected(body.expected)
  const updates = yield* decodeAttributeUpdates(body.attribute_updates)
  const key = yield* settled(decodeItem(body.key, 'key'))
  const returnValues = decodeReturnValues(body.return_values, [
    'ALL_OLD',
    'ALL_NEW',
    'UPDATED_OLD',
    'UPDATED_NEW',
  ])
  const timeToLiveSeconds = optionalTimeToLive(body.time_to_live)
  refuseUnexpected(body, PROPERTIES, 'body')
  return {
    table: itemTable(request),
    key,
    updates,
    returnValues,
    ...(condition && { condition }),
    ...(timeToLiveSeconds !== undefined && { timeToLiveSeconds }),
  }
}

function* decodeAttributeUpdates(json: unknown): Steps<readonly UpdateAction[]> {
  const updates = requireObject(json, 'attribute_updates')
  const actions: UpdateAction[] = []
  for (const attribute of Object.keys(updates)) {
    requireAttributeName(attribute)
    const size = actions.push(yield* decodeUpdate(updates[attribute], attribute))
    if (size % STEP_ELEMENTS === 0) yield
  }
  return actions
}

function* decodeUpdate(json: unknown, attribute: string): Steps<UpdateAction> {
  const update = requireObject(json, attribute)
  const action = requireString(update.action, 'action')
  const value = isNull(update.value)
    ? undefined
    : yield* decodeValue(requireObject(update.value, 'value'))
  if (!ACTIONS.includes(action)) {
    throw validationError(`Update action '${shortened(action)}' isn't allowed`)
  }
  refuseUnexpected(update, UPDATE_PROPERTIES, attribute)
  const path = pathOf(attribute)
  if (action === 'DELETE') {
    return value ? { action: 'discard', path, value } : { action: 'remove', path }
  }
  if (!value) throw missing('value')
  if (action === 'ADD') return { action: 'add', path, value }
  return { action: 'set', path, value: { is: 'value', value } }
}

const ACTIONS: readonly string[] = ['PUT', 'ADD', 'DELETE']
