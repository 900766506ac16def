import { type Signing, signed } from '../../identity/sigv4/signed-requests.ts'
import type { Ec2Credential } from '../../stack/keystone-client.ts'
import { post, type WireHeaders } from './victim.ts'

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

/** The status of a ListTables that is signed with the key, on a connection of its own. */
export async function listSigned(url: string, key: Ec2Credential): Promise<number> {
  const [operation, body] = ['ListTables', '{}']
  return (await post(url, operation, body, signedHeaders(url, key, operation, body))).status
}
