import { IdentityUnavailableError } from '../../errors.ts'
import type { KeystoneCalls } from '../keystone-calls.ts'
import { LoginRefusedError, type LoginScope } from '../login/service-login.ts'
import type { ServiceToken } from '../login/service-token.ts'
import { type CredentialRefusal, type Ec2Credential, readCredential } from './credential.ts'
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
  readonly calls: KeystoneCalls
  /** System-scoped, and used only to read secrets. */
  readonly systemToken: ServiceToken
}

type Reading = Ec2Credential | 'absent' | CredentialRefusal

/** Calls to Keystone about EC2 credentials, within the call limits. */
export class Ec2Keystone {
  readonly #parts: Ec2KeystoneParts
  readonly #reading = new Map<string, Promise<Reading>>()

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

  /** Whether `credential` would share a call that is under way. */
  isReading(call: SignedCall, scope: LoginScope): boolean {
    return this.#reading.has(readerOf(call, scope))
  }

  /**
   * Concurrent requests with one access key share a call, but only from one address. So nobody can
   * delay a key's owner by sending requests that name the key.
   *
   * @param scope of the token to read it with
   * @throws IdentityUnavailableError
   */
  credential(call: SignedCall, scope: LoginScope): Promise<Reading> {
    const reader = readerOf(call, scope)
    let reading = this.#reading.get(reader)
    if (reading === undefined) {
      reading = this.#ask(call, () => this.#read(call, scope)).finally(() =>
        this.#reading.delete(reader),
      )
      this.#reading.set(reader, reading)
    }
    return reading
  }

  async #read({ claim, deadlineMs }: SignedCall, scope: LoginScope): Promise<Reading> {
    const { http, serviceToken, systemToken } = this.#parts
    const token = scope === 'system' ? systemToken : serviceToken
    try {
      return await readCredential({ http, serviceToken: token }, claim.terms.accessKey, deadlineMs)
    } catch (error) {
      const cause = error instanceof IdentityUnavailableError ? error.cause : undefined
      if (scope !== 'system' || !(cause instanceof LoginRefusedError)) throw error
      // Otherwise the user of the service has no role on the system.
      return cause.isForNow ? 'denied_for_now' : 'denied'
    }
  }

  #ask<T>(call: SignedCall, ask: () => Promise<T>): Promise<T> {
    return this.#parts.calls.run(call.addressOf(), call.deadlineMs, ask)
  }
}

function readerOf({ claim, addressOf }: SignedCall, scope: LoginScope): string {
  return `${scope} ${addressOf()} ${claim.terms.accessKey}`
}
