import { andThen, type Stepped } from '../../../model/steps.ts'
import type { GetItem } from '../../../operations/items/get-item.ts'
import type { WireRequest } from '../../wire.ts'
import { attributes, sound } from '../attribute/attributes.ts'
import { RequestExpressions } from '../expression/request-expressions.ts'
import type { Templates } from '../expression/templates.ts'
import { attributesToGet, decodeAttributesToGet } from '../legacy/attributes-to-get.ts'
import { checkMixing } from '../legacy/mixed-parameters.ts'
import { flag } from '../shapes/scalars.ts'
import { mandatory, type Read, structure } from '../shapes/shape.ts'
import {
  type CapacityDetail,
  expression,
  expressionAttributeNames,
  inputOf,
  returnConsumedCapacity,
  tableName,
} from './parameters.ts'
import { refuseOpenedKeys } from './table-checks.ts'

const SHAPE = structure({
  TableName: tableName,
  Key: mandatory(attributes),
  ReturnConsumedCapacity: returnConsumedCapacity,
  AttributesToGet: attributesToGet,
  ConsistentRead: flag,
  ProjectionExpression: expression,
  ExpressionAttributeNames: expressionAttributeNames,
})
const KINDS = { expressions: ['ProjectionExpression'], legacy: ['AttributesToGet'] } as const

export type ShownGet = GetItem & { readonly capacity: CapacityDetail }

export function decodeGetItem(request: WireRequest, templates: Templates): Stepped<ShownGet> {
  return andThen(inputOf(SHAPE, request), (input) => getOf(input, templates))
}

function getOf(input: Read<typeof SHAPE>, templates: Templates): ShownGet {
  const { ProjectionExpression, ExpressionAttributeNames, AttributesToGet } = input
  const command = {
    table: input.TableName,
    key: input.Key.item,
    consistentRead: input.ConsistentRead ?? false,
    capacity: input.ReturnConsumedCapacity ?? 'NONE',
  }
  if (ProjectionExpression === undefined && ExpressionAttributeNames === undefined) {
    sound(input.Key)
    const paths = decodeAttributesToGet(AttributesToGet)
    return paths ? { ...command, paths } : command
  }
  checkMixing(input, KINDS)
  sound(input.Key)
  const expressions = new RequestExpressions(templates, { ExpressionAttributeNames })
  const paths = expressions.projection(ProjectionExpression)
  expressions.finish()
  const check = refuseOpenedKeys(expressions.openedAttributes)
  return { ...command, ...(paths && { paths }), ...(check && { check }) }
}
