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

/** A signed request about which Keystone may have to be asked. */
export interface SignedCall extends SignedPayload {
  /** The client's `addressGroup`. Called only if Keystone is asked. */
  addressOf(): string
  /** Of `performance.now()`: for everything that is asked about it. */
  readonly deadlineMs: number
}

export interface Ec2KeystoneParts extends Ec2Parts {
  readonly limits: CallLimits
  readonly outages: OutageLog
}

/** Keystone's side of EC2 credentials, within the limits of calls. */
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

  /** Whether the credential of a key is being read. */
  isReading(accessKey: string): boolean {
    return this.#reading.has(accessKey)
  }

  /** Requests with one access key share a reading. @throws IdentityUnavailableError */
  credential(call: SignedCall): Promise<Ec2Credential | 'absent' | 'denied'> {
    const { accessKey } = call.claim
    let reading = this.#reading.get(accessKey)
    if (reading === undefined) {
      const read = () => readCredential(this.#parts, accessKey, call.deadlineMs)
      reading = this.#ask(call, read).finally(() => this.#reading.delete(accessKey))
      this.#reading.set(accessKey, reading)
    }
    return reading
  }

  #ask<T>(call: SignedCall, ask: () => Promise<T>): Promise<T> {
    const { limits, outages } = this.#parts
    return limits.run(call.addressOf(), async () => {
      // Waiting too long for a slot is no failure of Keystone.
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
