import { validationError } from '../../invalid-request.ts'
import { INVALID_PARAMETERS } from '../refusal.ts'

/** @throws MagnetoDBError if there are fewer than two conditions to join */
export function checkConditionalOperator(
  operator: 'AND' | 'OR' | undefined,
  conditions: ReadonlyMap<string, unknown> | undefined,
): void {
  if (operator === undefined || (conditions && conditions.size > 1)) return
  throw validationError(
    conditions
      ? `${INVALID_PARAMETERS}ConditionalOperator can only be used when Filter or Expected has ` +
          'at least two elements'
      : `${INVALID_PARAMETERS}ConditionalOperator cannot be used without Filter or Expected`,
  )
}
