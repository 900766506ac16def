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
import { type Server, signalGroup } from '../stack/processes.ts'
import type { FigureOptions } from './figure.ts'

interface Prepared {
  readonly keystone: LocalKeystone
  readonly data: KeystoneData
}

/** Prepared Keystones by folder. Creating the tables takes longer than most tests of a Keystone. */
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
  /** In front of Keystone. */
  readonly proxy: CountingProxy
  readonly servers: readonly MemcachedServer[]
}

/** Runs `use` with its own Keystone and `caches` memcached servers. */
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

/** A figure's own Keystone, which it can kill, pause and start again. */
export class FaultedKeystone {
  readonly data: KeystoneData
  readonly #keystone: LocalKeystone
  #server: Server

  private constructor({ keystone, data }: Prepared) {
    this.#keystone = keystone
    this.#server = keystone
    this.data = data
  }

  /** Reuses the Keystone of an earlier figure of this run, if there is one. */
  static async start({ folder, signal }: PartOptions): Promise<FaultedKeystone> {
    const own = join(dirname(folder), 'keystone')
    const known = prepared.get(own)
    const started = new FaultedKeystone(known ?? (await prepare(own, signal)))
    if (known) await started.restart()
    return started
  }

  /** Issues new tokens of a member of the project alpha. */
  async newTokens(count: number): Promise<string[]> {
    const client = new KeystoneClient(this.data.url)
    const tokens: string[] = []
    while (tokens.length < count) {
      tokens.push((await client.issueToken(this.data.projects.alpha.users.member)).id)
    }
    return tokens
  }

  /** Sends SIGKILL. */
  async kill(): Promise<void> {
    await this.#server.stop()
  }

  /** Resolves when Keystone answers, which is long after its port accepts connections. */
  async restart(): Promise<void> {
    this.#server = await this.#keystone.start()
    await new KeystoneClient(this.data.url).call('GET', '')
  }

  /** Sends SIGSTOP: connections are accepted, but not answered. */
  pause(): void {
    signalGroup(this.#server.pid, 'SIGSTOP')
  }

  resume(): void {
    signalGroup(this.#server.pid, 'SIGCONT')
  }
}
