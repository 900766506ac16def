import { MagnetoDBError } from '../model/errors.ts'

/** A request that is invalid in one wire only, with that wire's message. */
export function validationError(message: string): MagnetoDBError {
  return new MagnetoDBError({ is: 'invalid_request', message })
}
