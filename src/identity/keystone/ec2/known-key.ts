import type { Identity } from '../../request-context.ts'
import type { BodyShare } from '../../signatures.ts'
import { SigningKey } from '../../sigv4/signing-key.ts'
import type { RevocableTraits } from '../revocation/traits.ts'
import type { AccessRules } from '../tokens/access-rules.ts'

/** Signing keys cached per access key: one for each day and region in use. */
const SIGNING_KEYS_MAX = 8

/** Keystone's answer about an access key. */
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

/** What this process knows of an existing access key. Its secret is not kept. */
export class KnownKey {
  readonly projectId: string
  confirmation: Confirmation | undefined
  /** The call that renews the confirmation, while it runs. */
  confirming: Promise<Confirmation> | undefined
  /** Keystone did not answer, and is not asked again before this time. */
  retryAtMs = Number.NEGATIVE_INFINITY
  /** When it was last checked whether the secret has changed. */
  renewedAtMs = Number.NEGATIVE_INFINITY
  readonly #signingKeys = new Map<string, SigningKey>()
  #bodyShare: BodyShare = { name: '', isStranger: false }
  #bodyShareAddress: string | undefined

  constructor(projectId: string) {
    this.projectId = projectId
  }

  /** The share of bodies that come with this key from an address. Keeps the last one, since one
   * client's requests often follow each other. */
  bodyShareOf(address: string): BodyShare {
    if (this.#bodyShareAddress !== address) {
      this.#bodyShareAddress = address
      this.#bodyShare = { name: `${this.projectId} ${address}`, isStranger: false }
    }
    return this.#bodyShare
  }

  signingKey(scope: string): SigningKey | undefined {
    return this.#signingKeys.get(scope)
  }

  /**
   * Keeps the signing key of a scope. Call only after it has verified a signature, because anybody
   * can name any number of regions.
   *
   * @param secret current in Keystone
   */
  learn(secret: string, scope: string): void {
    this.notice(secret)
    this.#signingKeys.set(scope, SigningKey.derive(secret, scope))
    if (this.#signingKeys.size > SIGNING_KEYS_MAX) this.#dropOldest()
  }

  /**
   * Drops all signing keys if the secret has changed.
   *
   * @param secret current in Keystone
   */
  notice(secret: string): void {
    const [kept] = this.#signingKeys
    if (kept !== undefined && !SigningKey.derive(secret, kept[0]).equals(kept[1])) this.forget()
  }

  /** Allows another check of the secret at once. */
  uncheck(): void {
    this.renewedAtMs = Number.NEGATIVE_INFINITY
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
