import { hash } from 'node:crypto'
import { basicDate, SKEW_MS_MAX } from '../../identity/sigv4/date.ts'
import type { SignatureFault } from '../../identity/sigv4/signature-error.ts'
import { ALGORITHM, SERVICE, TERMINATOR } from '../../identity/sigv4/terms.ts'
import type { ErrorType } from './refusal.ts'

interface SignatureRefusal {
  readonly type: ErrorType
  readonly message: string
}

const SKEW = `${SKEW_MS_MAX / 60_000} min.`
const AUTHORIZATION = 'in the AWS Authorization.'

/** DynamoDB's type and sentence for each fault of a signature. */
const REFUSALS = {
  pair_malformed: ({ authorization }) =>
    incomplete(
      'Invalid key=value pair (missing equal-sign) in Authorization header ' +
        `(hashed with SHA-256 and encoded with Base64): '${hashed(authorization)}'.`,
    ),
  parts_missing: ({ parts, isDateMissing, authorization }) => {
    const missing = parts.map((part) => `Authorization header requires '${part}' parameter. `)
    const date =
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    return incomplete(
      `${missing.join('')}${isDateMissing ? date : ''}` +
        `(Hashed with SHA-256 and encoded with Base64) Authorization=${hashed(authorization)}`,
    )
  },
  algorithm_unknown: ({ algorithm }) =>
    incomplete(`Unsupported AWS 'algorithm': '${algorithm}' (only ${ALGORITHM} for now). `),
  credential_malformed: ({ credential }) =>
    incomplete(
      'Credential must have exactly 5 slash-delimited elements, e.g. ' +
        `keyid/date/region/service/term, got '${credential}'`,
    ),
  signed_headers_malformed: () =>
    incomplete("'SignedHeaders' must be names in lower case and ascending order."),
  too_long: () => incomplete('The Authorization header is too long.'),
  date_malformed: ({ date }) =>
    incomplete(
      `Date must be in ISO-8601 'basic format'. Got '${date}'. ` +
        'See http://en.wikipedia.org/wiki/ISO_8601',
    ),
  expired: ({ date, nowMs }) =>
    invalid(
      `Signature expired: ${date} is now earlier than ${basicDate(nowMs - SKEW_MS_MAX)} ` +
        `(${basicDate(nowMs)} - ${SKEW})`,
    ),
  not_yet_current: ({ date, nowMs }) =>
    invalid(
      `Signature not yet current: ${date} is still later than ${basicDate(nowMs + SKEW_MS_MAX)} ` +
        `(${basicDate(nowMs)} + ${SKEW})`,
    ),
  scope_wrong: ({ wrong, scope, date }) => {
    const sentences = {
      region: `Credential should be scoped to a valid region, not '${scope.region}'. `,
      service: `Credential should be scoped to correct service: '${SERVICE}'. `,
      terminator:
        `Credential should be scoped with a valid terminator: '${TERMINATOR}', not ` +
        `'${scope.terminator}'. `,
      date:
        'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from ' +
        `HTTP: '${scope.date}' != '${date.slice(0, 8)}', from '${date}'.`,
    }
    return invalid(wrong.map((part) => sentences[part]).join(''))
  },
  header_unsigned: ({ name }) => {
    const shown = name === 'Host' ? "'Host' or ':authority'" : `'${name}'`
    return invalid(`${shown} must be a 'SignedHeader' ${AUTHORIZATION}`)
  },
  header_absent: ({ name }) =>
    invalid(`'${name}' is a 'SignedHeader' ${AUTHORIZATION} The request does not have it.`),
  query_not_empty: () => invalid('A signed request must have no query string.'),
  token_and_signature: () =>
    invalid("Found both 'X-Auth-Token' and a signature in 'Authorization' as HTTP headers."),
  mismatch: () =>
    invalid(
      'The request signature we calculated does not match the signature you provided. Check your ' +
        'AWS Secret Access Key and signing method. Consult the service documentation for details.',
    ),
  key_unknown: () => ({
    type: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  }),
} satisfies {
  [K in SignatureFault['is']]: (fault: Extract<SignatureFault, { is: K }>) => SignatureRefusal
}

export function signatureRefusal(fault: SignatureFault): SignatureRefusal {
  return (REFUSALS[fault.is] as (fault: SignatureFault) => SignatureRefusal)(fault)
}

function incomplete(message: string): SignatureRefusal {
  return { type: 'IncompleteSignatureException', message }
}

function invalid(message: string): SignatureRefusal {
  return { type: 'InvalidSignatureException', message }
}

/** Refusals show the hash of a header, not the header with its signature. */
function hashed(authorization: string): string {
  return hash('sha256', authorization, 'base64')
}
