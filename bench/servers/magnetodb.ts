import { FakeCredentials } from '../../test/identity/keystone/ec2/fake-credentials.ts'
import { answer, FakeKeystone, tokenBody } from '../../test/identity/keystone/fake-keystone.ts'
import { signed } from '../../test/identity/sigv4/signed-requests.ts'
import { type ConfigSections, Service } from '../../test/support/service.ts'
import { post, postAll } from '../post.ts'
import { type Caller, dynamodbWire, magnetodbWire, tokenOf, type Wire } from '../wire.ts'
import { loading } from '../workload.ts'
import type { BenchServer } from './bench-server.ts'

export const BENCH_PROJECT_ID = '0123456789abcdef0123456789abcdef'
/** As long as Keystone's tokens. */
export const BENCH_TOKEN = `gAAAAA${'x'.repeat(178)}`
const EC2_KEY = { accessKey: '0123456789abcdef0123456789abcd00', secret: 'f'.repeat(32) }

/**
 * MagnetoDB with one worker and a fake Keystone, which accepts every token and is asked only once
 * in five minutes.
 *
 * @param main main.js of another build
 */
export async function startMagnetodb(
  name: 'memory' | 'lmdb' | 'cassandra',
  config: ConfigSections = {},
  main?: string,
  wireOf: (url: string) => Wire = () => magnetodbWire(BENCH_PROJECT_ID, BENCH_TOKEN),
): Promise<BenchServer> {
  const keystone = await FakeKeystone.start()
  keystone.validation = (_request, response) =>
    answer(response, 200, tokenBody({ project: { id: BENCH_PROJECT_ID, name: 'bench' } }))
  const { accessKey, secret } = EC2_KEY
  new FakeCredentials(keystone).set(accessKey, secret, BENCH_PROJECT_ID)
  let service: Service
  try {
    const settings = {
      ...config,
      DEFAULT: { auth_strategy: 'keystone', storage_driver: name, workers: 1 },
      keystone_authtoken: {
        auth_url: keystone.url,
        endpoint_override: keystone.url,
        username: 'magnetodb',
        password: 'secret',
        project_name: 'service',
        user_domain_name: 'Default',
        project_domain_name: 'Default',
      },
    }
    service = await Service.start(settings, main === undefined ? {} : { main })
  } catch (error) {
    await keystone.stop()
    throw error
  }
  const { url, pid } = service
  const wire = wireOf(url)
  const stop = async () => {
    await service.stop()
    await keystone.stop()
  }
  try {
    await post(url, wire.createTable())
    await postAll(url, loading(wire))
  } catch (error) {
    await stop()
    throw error
  }
  return { name, url, pid, wire, stop }
}

/** MagnetoDB on LMDB through DynamoDB's API, with the same token. */
export function startDynamodbApi(): Promise<BenchServer> {
  return startOnLmdb('dynamodb', () => tokenOf(BENCH_TOKEN))
}

/** The same with signatures, which are valid for fifteen minutes. */
export async function startSignedApi(): Promise<BenchServer> {
  return { ...(await startOnLmdb('signed', signerOf)), expires: true }
}

async function startOnLmdb(name: string, callerOf: (url: string) => Caller): Promise<BenchServer> {
  const wireOf = (url: string) => dynamodbWire(callerOf(url))
  return { ...(await startMagnetodb('lmdb', {}, undefined, wireOf)), name }
}

function signerOf(url: string): Caller {
  const Host = new URL(url).host
  return (target, body) => {
    const headers = { host: Host, 'x-amz-target': target }
    const sent = signed({ ...EC2_KEY, timeMs: Date.now(), body, headers })
    const { authorization: Authorization = '', 'x-amz-date': date = '' } = sent
    return { Host, 'X-Amz-Date': date, Authorization }
  }
}
