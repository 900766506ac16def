import { andThen, type Stepped } from '../../../../model/steps.ts'
import type { WireRequest } from '../../../wire.ts'
import { structure } from '../../shapes/shape.ts'
import { inputOf } from '../parameters.ts'

const SHAPE = structure({})

/** Decodes operations without parameters; they still have a body. */
export function decodeNothing(request: WireRequest): Stepped<object> {
  return andThen(inputOf(SHAPE, request), () => ({}))
}
