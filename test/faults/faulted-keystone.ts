import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CountingProxy } from '../identity/keystone/counting-proxy.ts'
import { MemcachedServer } from '../live/memcached-server.ts'
import { createFixtures, REGION } from '../stack/keystone.ts'
import { randomPassword } from '../stack/keystone-admin.ts'
import { KeystoneClient } from '../stack/keystone-client.ts'
import { installPolicy, type LocalKeystone, startLocalKeystone } from '../stack/keystone-local.ts'
import type { KeystoneData } from '../stack/keystone-stack.ts'
import type { PartOptions } from '../stack/part.ts'
import { RestartableServer } from '../support/restartable-server.ts'
import type { FigureOptions } from './figure.ts'

interface Prepared {
  readonly local: LocalKeystone
  readonly data: KeystoneData
}

export interface FaultedIdentity {
  readonly keystone: RestartableServer
  readonly data: KeystoneData
  /** In front of Keystone. */
  readonly proxy: CountingProxy
  readonly servers: readonly MemcachedServer[]
}

/** Prepared Keystones by folder. Creating the tables takes longer than most tests of a Keystone. */
const prepared = new Map<string, Prepared>()

async function prepare(folder: string, signal: AbortSignal): Promise<Prepared> {
  await mkdir(folder)
  const password = randomPassword()
  const local = await startLocalKeystone(password, REGION, { folder, signal })
  try {
    await installPolicy(folder)
    return { local, data: await createFixtures(local.url, password) }
  } catch (error) {
    await local.stop()
    throw error
  }
}

/** A Keystone of the figure's own, the same one again where one of this run has had one before. */
export async function startKeystone({ folder, signal }: PartOptions) {
  const own = join(dirname(folder), 'keystone')
  const known = prepared.get(own)
  const { local, data } = known ?? (await prepare(own, signal))
  prepared.set(own, { local, data })
  const start = async () => {
    const started = await local.start()
    // Its port accepts connections long before it answers.
    await new KeystoneClient(data.url).call('GET', '')
    return started
  }
  const keystone = new RestartableServer(start, known ? undefined : local)
  if (known) await keystone.start()
  return { keystone, data }
}

/** Runs `use` with its own Keystone and `caches` memcached servers. */
export async function withKeystone<T>(
  caches: number,
  options: FigureOptions,
  use: (identity: FaultedIdentity) => Promise<T>,
): Promise<T> {
  const { keystone, data } = await startKeystone(options)
  const proxy = await CountingProxy.start(data.url)
  const servers: MemcachedServer[] = []
  try {
    while (servers.length < caches) servers.push(await MemcachedServer.start())
    return await use({ keystone, data, proxy, servers })
  } finally {
    for (const server of servers) await server.stop()
    await proxy.stop()
    await keystone.kill()
  }
}
