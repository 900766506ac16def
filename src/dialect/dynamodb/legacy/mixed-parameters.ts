import { validationError } from '../../invalid-request.ts'

/** The expression parameters of an operation, and the legacy ones that they replace. */
export interface ParameterKinds {
  readonly expressions: readonly string[]
  readonly legacy: readonly string[]
}

type Input = object

/** @throws MagnetoDBError if both kinds are used, or placeholders without an expression */
export function checkMixing(input: Input, { expressions, legacy }: ParameterKinds): void {
  const members = input as Readonly<Record<string, unknown>>
  const isUsed = (name: string): boolean => members[name] !== undefined
  const used = expressions.filter(isUsed)
  if (used.length > 0) {
    const isLegacyQuery = isUsed('KeyConditions') && !isUsed('KeyConditionExpression')
    const mixed = legacy.filter(
      (name) => isUsed(name) && !(name === 'KeyConditions' && isLegacyQuery),
    )
    if (mixed.length > 0) {
      throw validationError(
        'Can not use both expression and non-expression parameters in the same request: ' +
          `Non-expression parameters: {${mixed.join(', ')}} ` +
          `Expression parameters: {${used.join(', ')}}`,
      )
    }
  }
  if (isUsed('ExpressionAttributeNames') && used.length === 0) {
    throw validationError('ExpressionAttributeNames can only be specified when using expressions')
  }
  const withValues = expressions.filter((name) => name !== 'ProjectionExpression')
  if (isUsed('ExpressionAttributeValues') && !withValues.some(isUsed)) {
    const verb = withValues.length > 1 ? 'are' : 'is'
    throw validationError(
      'ExpressionAttributeValues can only be specified when using expressions: ' +
        `${withValues.join(' and ')} ${verb} null`,
    )
  }
}
