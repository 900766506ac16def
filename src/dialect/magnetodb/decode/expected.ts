import { type Condition, comparison } from '../../../expression/condition.ts'
import { pathOf } from '../../../expression/path.ts'
import { CONDITIONS_MAX } from '../../../model/limits.ts'
import { mapInSteps, type Steps } from '../../../model/steps.ts'
import { validationError } from '../../invalid-request.ts'
import { decodeValue } from '../attribute-codec.ts'
import { requireAttributeName } from '../names.ts'
import { requireBoolean, requireObject } from '../properties.ts'
import { quotedJson } from '../quoted-json.ts'
import { shortened } from '../shortened.ts'

/** The condition in `expected`; undefined if it is empty. */
export function* decodeExpected(json: unknown): Steps<Condition | undefined> {
  const expected = requireObject(json, 'expected')
  const attributes = Object.keys(expected)
  refuseTooManyConditions(attributes.length, 'expected')
  return allOf(
    yield* mapInSteps(attributes, (attribute) => decodeExpectation(attribute, expected[attribute])),
  )
}

function* decodeExpectation(attribute: string, json: unknown): Steps<Condition> {
  requireAttributeName(attribute)
  const expectation = requireObject(json, attribute)
  const kinds = Object.keys(expectation)
  if (kinds.length !== 1) {
    throw validationError(
      `Can't recognize attribute expected condition format: '${quotedJson(expectation)}'`,
    )
  }
  if (kinds[0] === 'value') {
    const value = yield* decodeValue(requireObject(expectation.value, 'value'))
    return comparison(attribute, 'eq', value)
  }
  if (kinds[0] === 'exists') {
    const exists = requireBoolean(expectation.exists, 'exists')
    return { op: exists ? 'attribute_exists' : 'attribute_not_exists', path: pathOf(attribute) }
  }
  throw validationError(`Unsupported condition type found: ${shortened(kinds[0] ?? '')}`)
}

export function refuseTooManyConditions(count: number, label: string): void {
  if (count > CONDITIONS_MAX) {
    throw validationError(`'${label}' holds more than ${CONDITIONS_MAX} conditions`)
  }
}

export function allOf(conditions: readonly Condition[]): Condition | undefined {
  return conditions.length > 1 ? { op: 'and', conditions } : conditions[0]
}
