import { join } from 'node:path'
import { loadConfig } from '../../../src/config/load.ts'
import { createService } from '../../../src/service/service.ts'
import { openLog } from '../../../src/telemetry/logger.ts'
import { FakeCredentials } from '../../identity/keystone/ec2/fake-credentials.ts'
import { FakeKeystone } from '../../identity/keystone/fake-keystone.ts'
import { type Signing, signed } from '../../identity/sigv4/signed-requests.ts'
import { type RawAnswer, sendRaw } from '../../support/raw-http.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

/** The service in this process on the memory driver, with a fake Keystone that has the credentials
 * `AKEY` of project `p1` and `BKEY` of project `p2`. */
export class SignedService {
  readonly keystone: FakeKeystone
  readonly credentials: FakeCredentials
  readonly port: number
  readonly #close: () => Promise<void>

  private constructor(keystone: FakeKeystone, port: number, close: () => Promise<void>) {
    this.keystone = keystone
    this.port = port
    this.#close = close
    this.credentials = new FakeCredentials(keystone)
    this.credentials.set('AKEY', 'the secret')
    this.credentials.set('BKEY', 'the secret of b', 'p2')
  }

  static async start(options = ''): Promise<SignedService> {
    const keystone = await FakeKeystone.start()
    const folder = new TemporaryFolder('signed')
    const configFile = folder.write(
      'magnetodb.conf',
      `[DEFAULT]\nstorage_driver = memory\nauth_strategy = keystone\n
      [keystone_authtoken]\nauth_url = ${keystone.url}\nusername = magnetodb\npassword = x
      user_domain_id = default\nproject_name = service\nproject_domain_id = default\n${options}`
        .split('\n')
        .map((line) => line.trim())
        .join('\n'),
    )
    const log = openLog({ debug: false, useJson: false, logFile: join(folder.path, 'log') })
    const service = await createService(loadConfig([configFile]), log)
    const { port } = await service.listen({ host: '127.0.0.1', port: 0 })
    return new SignedService(keystone, port, async () => {
      await service.close()
      await log.close()
      await keystone.stop()
      folder.remove()
    })
  }

  close(): Promise<void> {
    return this.#close()
  }

  /** The headers of a signed request. */
  sign(operation: string, signing: Signing = {}): Record<string, string> {
    const headers = {
      host: `127.0.0.1:${this.port}`,
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      ...signing.headers,
    }
    return signed({ timeMs: Date.now(), body: '{}', ...signing, headers })
  }

  send(headers: Readonly<Record<string, string>>, body: string | Buffer = '{}', target = '/') {
    const bytes = Buffer.from(body)
    const sent = { connection: 'close', ...headers, 'content-length': `${bytes.length}` }
    const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`)
    return sendRaw(this.port, `POST ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, bytes)
  }

  /** Sends a signed request. */
  call(operation: string, signing: Signing = {}): Promise<RawAnswer> {
    return this.send(this.sign(operation, signing), signing.body ?? '{}')
  }

  /** `200 BODY`, or the error as `400 TYPE: MESSAGE`. */
  async outcome(operation: string, signing: Signing = {}): Promise<string> {
    return shown(await this.call(operation, signing))
  }
}

export function shown({ status, body }: RawAnswer): string {
  if (status === 200) return `${status} ${body}`
  const { __type, message } = JSON.parse(body)
  return `${status} ${__type.split('#')[1]}: ${message}`
}
