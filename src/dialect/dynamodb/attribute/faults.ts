import { validationError } from '../../invalid-request.ts'

/**
 * Errors in a parameter's attribute values. DynamoDB checks the form of the whole request before
 * any value, so an error is noted while decoding and thrown later. Only the first one is reported.
 */
export class Faults {
  first: string | undefined

  note(message: string): void {
    this.first ??= message
  }

  /** @param prefix the beginning of the message for this parameter */
  refuse(prefix = '', suffix = ''): void {
    if (this.first !== undefined) throw validationError(prefix + this.first + suffix)
  }
}
