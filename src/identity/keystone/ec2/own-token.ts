import type { Clock } from '../../../cache/clock.ts'
import { IdentityUnavailableError } from '../../errors.ts'
import { ask, type KeystoneParts } from '../login/ask-as-service.ts'
import type { ServiceSession } from '../login/service-token.ts'

/** Milliseconds for which the last validation of the token is valid. */
const PROOF_MS = 1_000

/**
 * Finds out what a 401 means. When asked about a signature, Keystone gives the same answer to a
 * wrong signature and to an invalid token of this service.
 */
export class OwnToken {
  readonly #parts: KeystoneParts & { readonly clock: Clock }
  #proof: { readonly token: string; readonly atMs: number } | undefined
  #underway: Promise<boolean> | undefined

  constructor(parts: KeystoneParts & { readonly clock: Clock }) {
    this.#parts = parts
  }

  /** Whether Keystone accepts the session's token. @throws IdentityUnavailableError */
  isGood(session: ServiceSession, deadlineMs: number): Promise<boolean> {
    const proof = this.#proof
    const nowMs = this.#parts.clock.monotonicMs()
    if (proof?.token === session.token && nowMs - proof.atMs < PROOF_MS) {
      return Promise.resolve(true)
    }
    this.#underway ??= this.#validate(session, deadlineMs).finally(() => {
      this.#underway = undefined
    })
    return this.#underway
  }

  async #validate(session: ServiceSession, deadlineMs: number): Promise<boolean> {
    const { clock, http } = this.#parts
    const atMs = clock.monotonicMs()
    const question = {
      path: '/auth/tokens?nocatalog',
      headers: { 'x-subject-token': session.token, 'openstack-identity-access-rules': '1' },
    }
    const { status } = await ask(http, session, question, deadlineMs)
    if (status === 401 || status === 404) return false
    if (status !== 200) throw new IdentityUnavailableError(`Keystone answered ${status}`)
    this.#proof = { token: session.token, atMs }
    return true
  }
}
