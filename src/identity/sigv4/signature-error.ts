import { MagnetoDBError } from '../../model/errors.ts'

export type AuthorizationPart = 'Credential' | 'SignedHeaders' | 'Signature'

type Of<Is extends string, Fields = unknown> = Is extends string
  ? Readonly<{ is: Is } & Fields>
  : never

/** What is wrong with a signature, in facts; the wire has the sentences. */
export type SignatureFault =
  /** Of the Authorization header. */
  | Of<'pair_malformed', { pair: string; authorization: string }>
  | Of<
      'parts_missing',
      { parts: readonly AuthorizationPart[]; isDateMissing: boolean; authorization: string }
    >
  | Of<'algorithm_unknown', { algorithm: string }>
  | Of<'credential_malformed', { credential: string }>
  | Of<'signed_headers_malformed'>
  | Of<'too_long'>
  /** Of `X-Amz-Date`. */
  | Of<'date_malformed', { date: string }>
  | Of<'expired' | 'not_yet_current', { date: string; nowMs: number }>
  | Of<
      'scope_wrong',
      { wrong: readonly (keyof CredentialScope)[]; scope: CredentialScope; date: string }
    >
  /** Of the request that is signed. */
  | Of<'header_unsigned' | 'header_absent', { name: string }>
  | Of<'query_not_empty' | 'token_and_signature'>
  /** It is not the signature of this request with this key's secret. */
  | Of<'mismatch'>
  /** There is no such key, or it may not be used. */
  | Of<'key_unknown'>

/** `date/region/service/terminator` of a credential. */
export interface CredentialScope {
  readonly date: string
  readonly region: string
  readonly service: string
  readonly terminator: string
}

/** A request that is signed, but not so that it proves who calls. */
export class SignatureError extends MagnetoDBError {
  override readonly name = 'SignatureError'
  readonly fault: SignatureFault

  constructor(fault: SignatureFault) {
    super({ is: 'unauthenticated' })
    this.fault = fault
  }
}
