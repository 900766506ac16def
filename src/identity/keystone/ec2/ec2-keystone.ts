import { IdentityUnavailableError } from '../../errors.ts'
import type { CallLimits } from '../call-limits.ts'
import type { OutageLog } from '../log.ts'
import { type Ec2Credential, readCredential } from './credential.ts'
import {
  type Ec2Parts,
  type Ec2Verdict,
  type SignedPayload,
  validateSignature,
} from './validation.ts'

/** A signed request for which a call to Keystone may be needed. */
export interface SignedCall extends SignedPayload {
  /** The client's `addressGroup`. Called only if Keystone is asked. */
  addressOf(): string
  /** For all calls that it needs, by `performance.now()`. */
  readonly deadlineMs: number
}

export interface Ec2KeystoneParts extends Ec2Parts {
  readonly limits: CallLimits
  readonly outages: OutageLog
}

/** Calls to Keystone about EC2 credentials, within the call limits. */
export class Ec2Keystone {
  readonly #parts: Ec2KeystoneParts
  readonly #reading = new Map<string, Promise<Ec2Credential | 'absent' | 'denied'>>()

  constructor(parts: Ec2KeystoneParts) {
    this.#parts = parts
  }

  /** @throws IdentityUnavailableError */
  validate(call: SignedCall): Promise<Ec2Verdict> {
    return this.#ask(call, () => validateSignature(this.#parts, call, call.deadlineMs))
  }

  /** Whether `credential` would share a call that is under way. */
  isReading(call: SignedCall): boolean {
    return this.#reading.has(readerOf(call))
  }

  /**
   * Concurrent requests with one access key share a call, but only from one address. So nobody can
   * delay a key's owner by sending requests that name the key.
   *
   * @throws IdentityUnavailableError
   */
  credential(call: SignedCall): Promise<Ec2Credential | 'absent' | 'denied'> {
    const { accessKey } = call.claim.terms
    const reader = readerOf(call)
    let reading = this.#reading.get(reader)
    if (reading === undefined) {
      const read = () => readCredential(this.#parts, accessKey, call.deadlineMs)
      reading = this.#ask(call, read).finally(() => this.#reading.delete(reader))
      this.#reading.set(reader, reading)
    }
    return reading
  }

  #ask<T>(call: SignedCall, ask: () => Promise<T>): Promise<T> {
    const { limits, outages } = this.#parts
    return limits.run(call.addressOf(), async () => {
      // A long wait for a slot does not count as a failure of Keystone.
      if (performance.now() >= call.deadlineMs) {
        throw new IdentityUnavailableError('waited too long')
      }
      try {
        const answer = await ask()
        outages.succeeded()
        return answer
      } catch (error) {
        if (error instanceof IdentityUnavailableError) outages.failed(error.message)
        throw error
      }
    })
  }
}

function readerOf({ claim, addressOf }: SignedCall): string {
  return `${addressOf()} ${claim.terms.accessKey}`
}
