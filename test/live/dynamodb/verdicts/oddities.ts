import type { Mutation } from './mutation.ts'
import { type Oddity, signedAgain, signedNames } from './sign-again.ts'
import { type SignedRequest, withHeader, withMore, withoutHeader } from './signed-request.ts'

/** Right signatures of requests that no SDK signs. */

const MINUTE_MS = 60_000

function basicDate(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

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
