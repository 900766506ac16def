import type { UpdateAction } from '../../../expression/update.ts'
import { andThen, type Stepped } from '../../../model/steps.ts'
import { keyAttributeNames } from '../../../model/table.ts'
import type { UpdateItem } from '../../../operations/items/update-item.ts'
import type { TableCheck } from '../../../operations/operation.ts'
import { validationError } from '../../invalid-request.ts'
import type { WireRequest } from '../../wire.ts'
import { attributes, sound } from '../attribute/attributes.ts'
import { RequestExpressions } from '../expression/request-expressions.ts'
import type { Templates } from '../expression/templates.ts'
import { attributeUpdates, decodeAttributeUpdates } from '../legacy/attribute-updates.ts'
import { checkMixing } from '../legacy/mixed-parameters.ts'
import { INVALID_PARAMETERS } from '../refusal.ts'
import { mandatory, type Read, structure } from '../shapes/shape.ts'
import { expression, inputOf, tableName } from './parameters.ts'
import { allChecks, refuseOpenedKeys } from './table-checks.ts'
import {
  WRITE_PARAMETERS,
  type WriteShown,
  writeCondition,
  writeShown,
} from './write-parameters.ts'

const SHAPE = structure({
  TableName: tableName,
  Key: mandatory(attributes),
  ...WRITE_PARAMETERS,
  AttributeUpdates: attributeUpdates,
  UpdateExpression: expression,
})
const KINDS = {
  expressions: ['UpdateExpression', 'ConditionExpression'],
  legacy: ['AttributeUpdates', 'Expected', 'ConditionalOperator'],
} as const

export type ShownUpdate = UpdateItem & {
  readonly shown: WriteShown
  /** Whether the request has `AttributeUpdates`. */
  readonly isLegacy: boolean
}

export function decodeUpdateItem(request: WireRequest, templates: Templates): Stepped<ShownUpdate> {
  return andThen(inputOf(SHAPE, request), (input) => updateOf(input, templates))
}

function updateOf(input: Read<typeof SHAPE>, templates: Templates): ShownUpdate {
  checkMixing(input, KINDS)
  const key = sound(input.Key)
  const legacy = decodeAttributeUpdates(input.AttributeUpdates)
  const expressions = new RequestExpressions(templates, input)
  const updates = expressions.update(input.UpdateExpression) ?? legacy
  const condition = writeCondition(input, expressions)
  expressions.finish()
  const opened = refuseOpenedKeys(expressions.openedAttributes)
  return {
    ...{ table: input.TableName, key, updates, shown: writeShown(input) },
    isLegacy: input.AttributeUpdates !== undefined,
    returnValues: input.ReturnValues ?? 'NONE',
    check: allChecks(refuseKeyUpdates(updates), opened) as TableCheck,
    ...(condition && { condition }),
  }
}

function refuseKeyUpdates(updates: readonly UpdateAction[]): TableCheck {
  return ({ key }) => {
    const name = keyAttributeNames(key).find((each) =>
      updates.some(({ path }) => path.attribute === each),
    )
    if (name === undefined) return
    throw validationError(
      `${INVALID_PARAMETERS}Cannot update attribute ${name}. This attribute is part of the key`,
    )
  }
}
