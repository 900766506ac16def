import { MagnetoDBError } from '../../model/errors.ts'

export type AuthorizationPart = 'Credential' | 'SignedHeaders' | 'Signature'

type Of<Is extends string, Fields = unknown> = Is extends string
  ? Readonly<{ is: Is } & Fields>
  : never

/** Faults of a signature, as data. The wire has the sentences. */
export type SignatureFault =
  /** Faults of the Authorization header. */
  | Of<'pair_malformed', { authorization: string }>
  | Of<
      'parts_missing',
      { parts: readonly AuthorizationPart[]; isDateMissing: boolean; authorization: string }
    >
  | Of<'algorithm_unknown', { algorithm: string }>
  | Of<'credential_malformed', { credential: string }>
  | Of<'signed_headers_malformed'>
  | Of<'too_long'>
  /** Faults of `X-Amz-Date`. */
  | Of<'date_malformed', { date: string }>
  | Of<'expired' | 'not_yet_current', { date: string; nowMs: number }>
  | Of<
      'scope_wrong',
      { wrong: readonly (keyof CredentialScope)[]; scope: CredentialScope; date: string }
    >
  /** Faults of the signed request. */
  | Of<'header_unsigned' | 'header_absent', { name: string }>
  | Of<'query_not_empty' | 'token_and_signature'>
  /** The signature was not made for this request with this key's secret. */
  | Of<'mismatch'>
  /** The key does not exist, or may not be used. */
  | Of<'key_unknown'>

/** `date/region/service/terminator` of a credential. */
export interface CredentialScope {
  readonly date: string
  readonly region: string
  readonly service: string
  readonly terminator: string
}

/** A signed request whose signature does not identify the caller. */
export class SignatureError extends MagnetoDBError {
  override readonly name = 'SignatureError'
  readonly fault: SignatureFault

  constructor(fault: SignatureFault) {
    super({ is: 'unauthenticated' })
    this.fault = fault
  }
}
