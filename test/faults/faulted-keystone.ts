import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CountingProxy } from '../identity/keystone/counting-proxy.ts'
import { MemcachedServer } from '../live/memcached-server.ts'
import { createFixtures, REGION } from '../stack/keystone.ts'
import { randomPassword } from '../stack/keystone-admin.ts'
import { KeystoneClient } from '../stack/keystone-client.ts'
import { installPolicy, type LocalKeystone, startLocalKeystone } from '../stack/keystone-local.ts'
import type { KeystoneData } from '../stack/keystone-stack.ts'
import type { Server } from '../stack/processes.ts'
import { RestartableServer } from '../support/restartable-server.ts'
import type { FigureOptions } from './figure.ts'

interface Prepared {
  readonly keystone: LocalKeystone
  readonly data: KeystoneData
}

/** By their folders. To make its tables takes longer than most of what is done with a Keystone. */
const prepared = new Map<string, Prepared>()

async function prepare(folder: string, signal: AbortSignal): Promise<Prepared> {
  await mkdir(folder)
  const password = randomPassword()
  const keystone = await startLocalKeystone(password, REGION, { folder, signal })
  try {
    await installPolicy(folder)
    const made = { keystone, data: await createFixtures(keystone.url, password) }
    prepared.set(folder, made)
    return made
  } catch (error) {
    await keystone.stop()
    throw error
  }
}

export interface FaultedIdentity {
  readonly keystone: FaultedKeystone
  /** Before the Keystone. */
  readonly proxy: CountingProxy
  readonly servers: readonly MemcachedServer[]
}

/** What a figure plays with a Keystone of its own, and what it finds. */
export class KeystonePlay {
  readonly faults: string[] = []
  readonly detail: Record<string, unknown> = {}
  protected readonly identity: FaultedIdentity
  protected readonly options: FigureOptions

  constructor(identity: FaultedIdentity, options: FigureOptions) {
    this.identity = identity
    this.options = options
  }
}

/** Uses a Keystone, and so many servers of memcached, of the figure's own. */
export async function withKeystone<T>(
  caches: number,
  options: FigureOptions,
  use: (identity: FaultedIdentity) => Promise<T>,
): Promise<T> {
  const keystone = await FaultedKeystone.start(options)
  const proxy = await CountingProxy.start(keystone.data.url)
  const servers: MemcachedServer[] = []
  try {
    while (servers.length < caches) servers.push(await MemcachedServer.start())
    return await use({ keystone, proxy, servers })
  } finally {
    for (const server of servers) await server.stop()
    await proxy.stop()
    await keystone.kill()
  }
}

/** A Keystone of the figure's own. */
class FaultedKeystone extends RestartableServer {
  readonly data: KeystoneData

  private constructor({ keystone, data }: Prepared, server?: Server) {
    super(async () => {
      const started = await keystone.start()
      // Its port accepts connections long before it answers.
      await new KeystoneClient(data.url).call('GET', '')
      return started
    }, server)
    this.data = data
  }

  /** The same one again where a figure of this run has had one before. */
  static async start({ folder, signal }: FigureOptions): Promise<FaultedKeystone> {
    const own = join(dirname(folder), 'keystone')
    const known = prepared.get(own)
    if (known === undefined) {
      const made = await prepare(own, signal)
      return new FaultedKeystone(made, made.keystone)
    }
    const started = new FaultedKeystone(known)
    await started.start()
    return started
  }

  /** Tokens that nobody has seen yet, of a member of the project alpha. */
  async newTokens(count: number): Promise<string[]> {
    const client = new KeystoneClient(this.data.url)
    const tokens: string[] = []
    while (tokens.length < count) {
      tokens.push((await client.issueToken(this.data.projects.alpha.users.member)).id)
    }
    return tokens
  }
}
