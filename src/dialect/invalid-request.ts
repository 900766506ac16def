import { MagnetoDBError } from '../model/errors.ts'

/** A request that only one wire can refuse, in that wire's own words. */
export function validationError(message: string): MagnetoDBError {
  return new MagnetoDBError({ is: 'invalid_request', message })
}
