import type { SignatureClaim } from './claim.ts'

/** Method, path and query of every request. */
const HEAD = 'POST\n/\n\n'

/** What is signed of a request, in UTF-8: so do botocore and the SDK for JavaScript, although they
 * send headers in Latin-1. */
export function canonicalRequest(
  { headers, signedHeaders }: SignatureClaim,
  payloadHash: string,
): string {
  let lines = HEAD
  for (const [name, value] of headers) lines += `${name}:${value}\n`
  return `${lines}\n${signedHeaders}\n${payloadHash}`
}
