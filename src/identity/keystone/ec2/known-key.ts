import type { Identity } from '../../request-context.ts'
import { SigningKey } from '../../sigv4/signing-key.ts'
import type { RevocableTraits } from '../revocation/traits.ts'
import type { AccessRules } from '../tokens/access-rules.ts'

/** Signing keys kept of one access key: one for each day and region in use. */
const SIGNING_KEYS_MAX = 8

/** What Keystone said of an access key. */
export interface Confirmation {
  /** Undefined: not scoped to a project. */
  readonly identity: Identity | undefined
  readonly accessRules: AccessRules | undefined
  readonly traits: RevocableTraits
  /** By the wall clock. */
  readonly expiresAtMs: number
  /** By the monotonic clock. */
  readonly atMs: number
}

/** An access key that exists, as this process knows it. Its secret is not kept. */
export class KnownKey {
  readonly projectId: string
  confirmation: Confirmation | undefined
  /** The call that confirms it anew. */
  confirming: Promise<Confirmation> | undefined
  /** Until then Keystone is not asked again, since it did not answer. */
  retryAtMs = Number.NEGATIVE_INFINITY
  /** When it was last checked whether the secret has changed. */
  renewedAtMs = Number.NEGATIVE_INFINITY
  /** By day and region, in one text: all days have the same length. */
  readonly #signingKeys = new Map<string, SigningKey>()

  constructor(projectId: string) {
    this.projectId = projectId
  }

  signingKey(day: string, region: string): SigningKey | undefined {
    return this.#signingKeys.get(day + region)
  }

  /**
   * Keeps the signing key of a day and region. Call only once it has verified a signature: anybody
   * can name any number of regions.
   *
   * @param secret as Keystone has it now; if it has changed, all that is known is forgotten
   */
  learn(secret: string, day: string, region: string): void {
    const [kept] = this.#signingKeys
    if (kept !== undefined) {
      const [ofDay, ofRegion] = [kept[0].slice(0, day.length), kept[0].slice(day.length)]
      if (!SigningKey.derive(secret, ofDay, ofRegion).equals(kept[1])) this.forget()
    }
    this.#signingKeys.set(day + region, SigningKey.derive(secret, day, region))
    if (this.#signingKeys.size > SIGNING_KEYS_MAX) this.#dropOldest()
  }

  forget(): void {
    this.#signingKeys.clear()
    this.confirmation = undefined
  }

  #dropOldest(): void {
    for (const oldest of this.#signingKeys.keys()) {
      this.#signingKeys.delete(oldest)
      return
    }
  }
}
