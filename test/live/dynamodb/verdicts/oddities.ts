/** Right signatures of requests that no SDK signs. */

import { hash } from 'node:crypto'
import { basicDate } from '../../../../src/identity/sigv4/date.ts'
import { signature } from '../../../identity/sigv4/signed-requests.ts'
import type { Ec2Credential } from '../../../stack/keystone-client.ts'
import {
  header,
  type Mutation,
  type SignedRequest,
  withHeader,
  withMore,
  withoutHeader,
} from './signed-request.ts'

/** Differences of a signature from those of SDKs. */
interface Oddity {
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
function signedAgain(
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
  const key = [day, region, service, 'aws4_request']
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${access}/${scope}, SignedHeaders=${signedHeaders}, ` +
    `Signature=${signature(secret, date, scope, canonical.join('\n'), key)}`
  return withHeader(dated, 'authorization', authorization)
}

function signedNames(request: SignedRequest): readonly string[] {
  const [, names = ''] = /SignedHeaders=([^,]*)/.exec(header(request, 'authorization')) ?? []
  return names.split(';')
}

const MINUTE_MS = 60_000

function odd(oddity: (request: SignedRequest) => Oddity, stricter?: string): Mutation {
  return {
    change: (request, _, { own }) => signedAgain(request, own, oddity(request)),
    ...(stricter !== undefined && { stricter }),
  }
}

const atMinute = (minutes: number) => () => ({ date: basicDate(Date.now() + minutes * MINUTE_MS) })
const without = (name: string) => (request: SignedRequest) => ({
  names: signedNames(request).filter((each) => each !== name),
})

const FUTURE = 'a date more than 15 minutes ahead, which Keystone accepts'

export const ODDITIES: Readonly<Record<string, Mutation>> = {
  'signed 14 minutes ago': odd(atMinute(-14)),
  'signed 16 minutes ago': odd(atMinute(-16)),
  'signed in 14 minutes': odd(atMinute(14)),
  'signed in 16 minutes': odd(atMinute(16), FUTURE),
  'signed tomorrow': odd(atMinute(24 * 60), FUTURE),
  'a date in another form': odd(
    () => ({ date: basicDate(Date.now()).replace('Z', '+0000') }),
    'a date in another form than AWS signs',
  ),
  'a scope of another day': odd(() => ({ day: basicDate(Date.now() - 86_400_000).slice(0, 8) })),
  'a scope of S3': odd(
    () => ({ service: 's3' }),
    'a scope of another service: who may replay a request to S3 may not call DynamoDB with it',
  ),
  'a scope without a region': odd(() => ({ region: '' }), 'a scope without a region'),
  'a scope with more behind it': odd(() => ({ more: '/more' }), 'a scope that is none'),
  'the content type not signed': odd(without('content-type')),
  'the host not signed': odd(without('host'), 'a request for any host'),
  'the date not signed': odd(without('x-amz-date'), 'a date outside of the signed headers'),
  'the target not signed': odd(without('x-amz-target'), 'a request for any operation'),
  'signed headers in another order': odd(
    (request) => ({ names: signedNames(request).toReversed() }),
    'an order of headers in which AWS does not sign',
  ),
  'a signed header twice': odd(
    (request) => ({ names: [...signedNames(request), 'x-amz-target'] }),
    'a header that is signed twice',
  ),
  'a signed header that is not there': odd(
    (request) => ({ names: [...signedNames(request), 'x-amz-zz'] }),
    'a signed header that is not sent, which Keystone passes over: a proxy took it away',
  ),
  'the port cut from the host': {
    change: (request, _, { own }) => {
      const agent = withMore(withoutHeader(request, 'user-agent'), 'User-Agent', 'Boto/2.9.0')
      return signedAgain(withHeader(agent, 'host', '127.0.0.1:8480'), own, { isPortCut: true })
    },
    stricter: 'a host without its port, as boto 2 before 2.9.3 signed it',
  },
}
