import { validationError } from '../../invalid-request.ts'

/**
 * What is wrong with the attribute values of a parameter: the first of it counts, and is told when
 * it is the parameter's turn, for a request's form is checked as a whole before its values.
 */
export class Faults {
  first: string | undefined

  note(message: string): void {
    this.first ??= message
  }

  /** @param prefix what the message begins with for this parameter */
  refuse(prefix = '', suffix = ''): void {
    if (this.first !== undefined) throw validationError(prefix + this.first + suffix)
  }
}
