import { hash } from 'node:crypto'
import type { KeystoneClient } from '../../../stack/keystone-client.ts'
import { sendRaw } from '../../../support/raw-http.ts'
import { header, type SignedRequest } from './signed-request.ts'

export type Verdict = 'accepted' | 'refused'

/** Matches the service's responses after an accepted signature. */
const AFTER_SIGNATURE =
  /#(?:Validation|Serialization|ResourceNotFound|UnknownOperation|AccessDenied)Exception"/
const REFUSED =
  /#(?:IncompleteSignature|InvalidSignature|UnrecognizedClient|MissingAuth)|is there more than once/

/** Headers that Keystone finds only in this spelling. */
const KNOWN = ['Authorization', 'X-Amz-Date', 'Host']

/** The service's verdict on exactly these bytes. */
export async function ourVerdict(port: number, request: SignedRequest): Promise<Verdict> {
  const { target, headers, body } = request
  const lines = headers
    .filter(([name]) => !/^content-length$/i.test(name))
    .map(([name, value]) => `${name}: ${value}`)
  const length = `Content-Length: ${body.length}`
  const head = [`POST ${target} HTTP/1.1`, ...lines, length, 'Connection: close', '', '']
  const answer = await sendRaw(port, Buffer.from(head.join('\r\n'), 'latin1'), body)
  // Requests with another path or a repeated header are refused before the signature is checked.
  const isElsewhere = answer.status === 400 && /^\/[^?]/.test(target)
  if (isElsewhere || REFUSED.test(answer.body)) return 'refused'
  if (answer.status === 200 || AFTER_SIGNATURE.test(answer.body)) return 'accepted'
  throw new Error(`no verdict: ${answer.text}`)
}

/**
 * Keystone's verdict on a request with all its headers. White space in values is collapsed first:
 * AWS does so, but Keystone does not.
 *
 * @param token of a service
 */
export async function keystonesVerdict(
  keystone: KeystoneClient,
  token: string,
  request: SignedRequest,
): Promise<Verdict> {
  const authorization = header(request, 'authorization')
  const [, access = ''] = /Credential=([^/, ]*)/.exec(authorization) ?? []
  const [, signature = ''] = /Signature=([^, ]*)/.exec(authorization) ?? []
  const [path = '', query = ''] = request.target.split('?')
  const headers: Record<string, string> = {}
  for (const [name, value] of request.headers) {
    const known = KNOWN.find((own) => own.toLowerCase() === name.toLowerCase()) ?? name
    const before = headers[known]
    const collapsed = value.trim().replaceAll(/[ \t]+/g, ' ')
    headers[known] = before === undefined ? collapsed : `${before}, ${collapsed}`
  }
  const credentials = {
    ...{ access, signature, host: header(request, 'host'), verb: 'POST', path, headers },
    params: Object.fromEntries(new URLSearchParams(query)),
    body_hash: hash('sha256', request.body),
  }
  const answer = await keystone.send('POST', '/ec2tokens', { token, body: { credentials } })
  return answer.status === 200 ? 'accepted' : 'refused'
}
