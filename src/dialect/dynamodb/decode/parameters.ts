import { andThen, type Stepped } from '../../../model/steps.ts'
import { parseJson } from '../../json.ts'
import type { WireRequest } from '../../wire.ts'
import { attributeValue } from '../attribute/attributes.ts'
import { mapOf } from '../shapes/collections.ts'
import { text } from '../shapes/scalars.ts'
import { checked, mandatory, type Shape } from '../shapes/shape.ts'

const NAME_PATTERN = '[a-zA-Z0-9_.-]+'

/** Table name of item operations. */
export const tableName = mandatory(text({ pattern: NAME_PATTERN, lengthMin: 1, lengthMax: 255 }))
/** Name of a new table, or of an index. */
export const newName = text({ pattern: NAME_PATTERN, lengthMin: 3, lengthMax: 255 })
export const tableNames = {
  pattern: /^[a-zA-Z0-9_.-]{1,255}$/,
  constraint:
    'Member must have length less than or equal to 255, ' +
    'Member must have length greater than or equal to 1, ' +
    `Member must satisfy regular expression pattern: ${NAME_PATTERN}`,
}

export type CapacityDetail = 'INDEXES' | 'TOTAL' | 'NONE'
export const returnConsumedCapacity = text<CapacityDetail>({ values: ['INDEXES', 'TOTAL', 'NONE'] })
export const returnItemCollectionMetrics = text<'SIZE' | 'NONE'>({ values: ['SIZE', 'NONE'] })
export const conditionalOperator = text<'OR' | 'AND'>({ values: ['OR', 'AND'] })
export const returnValuesOnConditionCheckFailure = text<'ALL_OLD' | 'NONE'>({
  values: ['ALL_OLD', 'NONE'],
})

export const expression = text()
export const expressionAttributeNames = mapOf(text())
export const expressionAttributeValues = mapOf(attributeValue)

/** Reads the body by its shape. @throws MagnetoDBError */
export function inputOf<T>(shape: Shape<T>, { body }: WireRequest): Stepped<T> {
  return andThen(parseJson(body), (json) =>
    andThen(shape.read(json), (input) => checked(shape, input)),
  )
}
