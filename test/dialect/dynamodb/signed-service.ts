import { FakeCredentials } from '../../identity/keystone/ec2/fake-credentials.ts'
import { FakeKeystone } from '../../identity/keystone/fake-keystone.ts'
import { type Signing, signed } from '../../identity/sigv4/signed-requests.ts'
import { startService } from '../../support/in-process-service.ts'
import { type RawAnswer, sendRaw } from '../../support/raw-http.ts'

export type SignedService = Awaited<ReturnType<typeof startSignedService>>

/** Starts the service in this process on the memory driver, with a fake Keystone that has the
 * credentials `AKEY` of project `p1` and `BKEY` of project `p2`. */
export async function startSignedService() {
  const keystone = await FakeKeystone.start()
  const credentials = new FakeCredentials(keystone)
  credentials.set('AKEY', 'the secret')
  credentials.set('BKEY', 'the secret of b', 'p2')
  const options = [
    ...['auth_strategy = keystone', '[keystone_authtoken]', `auth_url = ${keystone.url}`],
    ...['username = magnetodb', 'password = x', 'user_domain_id = default'],
    ...['project_name = service', 'project_domain_id = default'],
  ]
  const service = await startService(options.join('\n'))
  const { port } = service

  /** The headers of a signed request. */
  const sign = (operation: string, signing: Signing = {}): Record<string, string> => {
    const target = { host: `127.0.0.1:${port}`, 'x-amz-target': `DynamoDB_20120810.${operation}` }
    const headers = { ...target, ...signing.headers }
    return signed({ timeMs: Date.now(), body: '{}', ...signing, headers })
  }

  const send = (
    headers: Readonly<Record<string, string>>,
    body: string | Buffer = '{}',
    path = '/',
  ) => {
    const bytes = Buffer.from(body)
    const sent = { connection: 'close', ...headers, 'content-length': `${bytes.length}` }
    const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`)
    return sendRaw(port, `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, bytes)
  }

  /** Sends a signed request. */
  const call = (operation: string, signing: Signing = {}): Promise<RawAnswer> =>
    send(sign(operation, signing), signing.body)

  return {
    ...{ keystone, credentials, port, sign, send, call },
    /** `200 BODY`, or the error as `400 TYPE: MESSAGE`. */
    async outcome(operation: string, signing: Signing = {}): Promise<string> {
      return shown(await call(operation, signing))
    },
    async close(): Promise<void> {
      await service.close()
      await keystone.stop()
    },
  }
}

export function shown({ status, body }: RawAnswer): string {
  if (status === 200) return `${status} ${body}`
  const { __type, message } = JSON.parse(body)
  return `${status} ${__type.split('#')[1]}: ${message}`
}
