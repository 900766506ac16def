import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CountingProxy } from '../identity/keystone/counting-proxy.ts'
import { MemcachedServer } from '../live/memcached-server.ts'
import { createFixtures, REGION } from '../stack/keystone.ts'
import { randomPassword } from '../stack/keystone-admin.ts'
import { installPolicy, startLocalKeystone } from '../stack/keystone-local.ts'
import type { KeystoneData } from '../stack/keystone-stack.ts'
import type { PartOptions } from '../stack/part.ts'
import { RestartableServer } from '../support/restartable-server.ts'
import type { FigureOptions } from './figure.ts'

interface Prepared {
  readonly keystone: RestartableServer
  readonly data: KeystoneData
}

export interface FaultedIdentity extends Prepared {
  /** In front of Keystone. */
  readonly proxy: CountingProxy
  readonly servers: readonly MemcachedServer[]
}

/** Prepared Keystones by folder. Creating the tables takes longer than most tests of a Keystone. */
const prepared = new Map<string, Prepared>()

/** A Keystone of the figure's own, the same one again where one of this run has had one before. */
export async function startKeystone({ folder, signal }: PartOptions): Promise<Prepared> {
  const own = join(dirname(folder), 'keystone')
  const known = prepared.get(own)
  if (known) {
    await known.keystone.start()
    return known
  }
  await mkdir(own)
  const password = randomPassword()
  const local = await startLocalKeystone(password, REGION, { folder: own, signal })
  const keystone = new RestartableServer(local.start, local)
  try {
    await installPolicy(own)
    const data = await createFixtures(local.url, password)
    prepared.set(own, { keystone, data })
    return { keystone, data }
  } catch (error) {
    await keystone.kill()
    throw error
  }
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
