import type { KeystoneCalls } from '../keystone-calls.ts'
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
  readonly calls: KeystoneCalls
}

/** Keystone's side of EC2 credentials, within the limits of calls. */
export class Ec2Keystone {
  readonly #parts: Ec2KeystoneParts
  readonly #reading = new Map<string, Promise<Ec2Credential | 'absent' | 'denied'>>()

  constructor(parts: Ec2KeystoneParts) {
    this.#parts = parts
  }

  /** Whether Keystone does not answer. */
  get isAway(): boolean {
    return this.#parts.calls.isAway
  }

  /** @throws IdentityUnavailableError */
  validate(call: SignedCall): Promise<Ec2Verdict> {
    return this.#ask(call, () => validateSignature(this.#parts, call, call.deadlineMs))
  }

  /** Whether a request would share a reading of its credential. */
  isReading(call: SignedCall): boolean {
    return this.#reading.has(readerOf(call))
  }

  /**
   * Requests with one access key share a reading, but not with another address: nobody shall wait
   * for the calls of who names a foreign key.
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
    return this.#parts.calls.run(call.addressOf(), call.deadlineMs, ask)
  }
}

function readerOf({ claim, addressOf }: SignedCall): string {
  return `${addressOf()} ${claim.terms.accessKey}`
}
