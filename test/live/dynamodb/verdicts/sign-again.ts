import { createHmac, hash } from 'node:crypto'
import type { Ec2Credential } from '../../../stack/keystone-client.ts'
import { header, type SignedRequest, withHeader } from './signed-request.ts'

/** Differences of a signature from those of SDKs. */
export interface Oddity {
  readonly names?: readonly string[]
  readonly region?: string
  readonly service?: string
  /** `X-Amz-Date`. */
  readonly date?: string
  readonly day?: string
  /** Text after the scope's terminator. */
  readonly more?: string
  /** Signs the host without the port, like old versions of boto. */
  readonly isPortCut?: boolean
}

/** Signs an odd request correctly: only headers that exist are signed, in any order. */
export function signedAgain(
  request: SignedRequest,
  { access, secret }: Ec2Credential,
  oddity: Oddity,
): SignedRequest {
  const { date = header(request, 'x-amz-date'), service = 'dynamodb', more = '' } = oddity
  const { day = date.slice(0, 8), region = 'us-east-1', names = signedNames(request) } = oddity
  const dated = withHeader(request, 'x-amz-date', date)
  const value = (name: string) => {
    const text = header(dated, name).trim().replaceAll(/ +/g, ' ')
    return name === 'host' && oddity.isPortCut ? text.replace(/:.*/, '') : text
  }
  const isThere = (name: string) => dated.headers.some(([each]) => each.toLowerCase() === name)
  const lines = names.filter(isThere).map((name) => `${name}:${value(name)}\n`)
  const signedHeaders = names.join(';')
  const canonical = ['POST', '/', '', lines.join(''), signedHeaders, hash('sha256', request.body)]
  const scope = `${day}/${region}/${service}/aws4_request${more}`
  const toSign = ['AWS4-HMAC-SHA256', date, scope, hash('sha256', canonical.join('\n'))]
  let key: string | Buffer = `AWS4${secret}`
  for (const part of [day, region, service, 'aws4_request', toSign.join('\n')]) {
    key = createHmac('sha256', key).update(part).digest()
  }
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${access}/${scope}, ` +
    `SignedHeaders=${signedHeaders}, Signature=${key.toString('hex')}`
  return withHeader(dated, 'authorization', authorization)
}

export function signedNames(request: SignedRequest): readonly string[] {
  const [, names = ''] = /SignedHeaders=([^,]*)/.exec(header(request, 'authorization')) ?? []
  return names.split(';')
}
