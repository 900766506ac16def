import { type Signing, signed } from '../../identity/sigv4/signed-requests.ts'
import type { Ec2Credential } from '../../stack/keystone-client.ts'
import type { WireHeaders } from './victim.ts'

/** The headers of a signed request, without Host, which HTTP clients add. */
export function signedHeaders(
  url: string,
  { access: accessKey, secret }: Ec2Credential,
  operation: string,
  body: string,
  odd: Omit<Signing, 'body'> = {},
): WireHeaders {
  const { host: _, ...headers } = signed({
    ...{ accessKey, secret, timeMs: Date.now(), body, ...odd },
    headers: {
      host: new URL(url).host,
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      ...odd.headers,
    },
  })
  return headers
}
