import { andThen, type Stepped } from '../../../../model/steps.ts'
import type { WireRequest } from '../../../wire.ts'
import { structure } from '../../shapes/shape.ts'
import { inputOf } from '../parameters.ts'

const SHAPE = structure({})

/** For operations without parameters, whose body is still checked. */
export function decodeNothing(request: WireRequest): Stepped<object> {
  return andThen(inputOf(SHAPE, request), () => ({}))
}
