import { messageOf as textOf } from '../../../src/dialect/dynamodb/messages.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'

/** The message of the refusal; empty if there is none. */
export function messageOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof MagnetoDBError) return textOf(error.reason)
    throw error
  }
  return ''
}
