import { IdentityUnavailableError } from '../errors.ts'

/** Keystone does not answer, or with a failure of its own (5xx). */
export class UnansweredError extends IdentityUnavailableError {}
