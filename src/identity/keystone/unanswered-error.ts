import { IdentityUnavailableError } from '../errors.ts'

/** Keystone did not answer, or answered with a status of 5xx. */
export class UnansweredError extends IdentityUnavailableError {}
