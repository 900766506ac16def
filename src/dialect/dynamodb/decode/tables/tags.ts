import { andThen, type Stepped } from '../../../../model/steps.ts'
import { validationError } from '../../../invalid-request.ts'
import type { WireRequest } from '../../../wire.ts'
import { list } from '../../shapes/collections.ts'
import { text } from '../../shapes/scalars.ts'
import { mandatory, type Read, structure } from '../../shapes/shape.ts'
import { tableOfArn } from '../../table-arn.ts'
import { inputOf } from '../parameters.ts'
import { tags } from './table-shapes.ts'

const ARN_LENGTH_MAX = 1283
const arn = mandatory(text({ lengthMin: 1, lengthMax: ARN_LENGTH_MAX }))
const TAG_SHAPE = structure({ ResourceArn: arn, Tags: mandatory(tags) })
const UNTAG_SHAPE = structure({
  ResourceArn: arn,
  TagKeys: mandatory(list(text({ lengthMin: 1, lengthMax: 128 }))),
})
const LIST_SHAPE = structure({ ResourceArn: arn, NextToken: text() })

export function decodeTagResource(request: WireRequest) {
  return andThen(inputOf(TAG_SHAPE, request), ({ ResourceArn, Tags }) => {
    const table = tableOfArn(ResourceArn, request)
    if (Tags.length === 0) throw validationError('Atleast one Tag needs to be provided as Input.')
    return { table, tags: decodeTags(Tags) }
  })
}

export function decodeUntagResource(request: WireRequest) {
  return andThen(inputOf(UNTAG_SHAPE, request), ({ ResourceArn, TagKeys }) => {
    const table = tableOfArn(ResourceArn, request)
    if (TagKeys.length > 0) return { table, keys: new Set(TagKeys) }
    throw validationError('Atleast one Tag Key needs to be provided as Input.')
  })
}

export function decodeListTags(request: WireRequest): Stepped<{ readonly table: string }> {
  return andThen(inputOf(LIST_SHAPE, request), ({ ResourceArn }) => ({
    table: tableOfArn(ResourceArn, request),
  }))
}

/** @throws MagnetoDBError if a key occurs twice */
export function decodeTags(input: Read<typeof tags>): ReadonlyMap<string, string> {
  const found = new Map(input.map(({ Key, Value }) => [Key, Value]))
  if (found.size === input.length) return found
  throw validationError('Duplicate tag keys are not allowed')
}
