import { answer, FakeKeystone, tokenBody } from '../../test/identity/keystone/fake-keystone.ts'
import { type ConfigSections, Service } from '../../test/support/service.ts'
import { post, postAll } from '../post.ts'
import { dynamodbWire, magnetodbWire, type Wire } from '../wire.ts'
import { loading } from '../workload.ts'
import type { BenchServer } from './bench-server.ts'

export const BENCH_PROJECT_ID = '0123456789abcdef0123456789abcdef'
/** As long as Keystone's tokens. */
export const BENCH_TOKEN = `gAAAAA${'x'.repeat(178)}`

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
  wire: Wire = magnetodbWire(BENCH_PROJECT_ID, BENCH_TOKEN),
): Promise<BenchServer> {
  const keystone = await FakeKeystone.start()
  keystone.validation = (_request, response) =>
    answer(response, 200, tokenBody({ project: { id: BENCH_PROJECT_ID, name: 'bench' } }))
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
export async function startDynamodbApi(): Promise<BenchServer> {
  const server = await startMagnetodb('lmdb', {}, undefined, dynamodbWire(BENCH_TOKEN))
  return { ...server, name: 'dynamodb' }
}
