import { entryFormats } from '../../src/identity/keystone/tokens/entry-format.ts'
import { CredentialMaker } from '../live/credentials.ts'
import { listSigned } from '../live/dynamodb/signed-headers.ts'
import { keystoneSection } from '../live/keystone-section.ts'
import type { Ec2Credential } from '../stack/keystone-client.ts'
import { KeystoneStack, type ProjectFixture } from '../stack/keystone-stack.ts'
import { ask } from '../support/ask.ts'
import type { Caller } from '../support/http-client.ts'
import type { ConfigSections, Service } from '../support/service.ts'
import { until } from '../support/until.ts'
import type { FaultedIdentity } from './faulted-keystone.ts'
import type { FigureOptions, Measured } from './figure.ts'
import { withServices } from './figure-service.ts'

export const WORKERS = 2
const PATIENCE_SECONDS = 10
/** The secret that protects entries in memcached. */
export const CACHE_SECRET = 'cache-key-of-this-figure-7d1f0a'

/** A caller with a token, or with a key to sign requests. */
export type Sender = Caller | { readonly key: Ec2Credential }

/** Base of the figures that have a Keystone of their own: its service, callers and findings. */
export class KeystonePlay {
  readonly faults: string[] = []
  readonly detail: Record<string, unknown> = {}
  protected readonly identity: FaultedIdentity
  protected readonly options: FigureOptions
  /** Reaches Keystone directly, not through the proxy. */
  protected readonly keystone: KeystoneStack
  protected readonly maker: CredentialMaker
  protected readonly alpha: ProjectFixture
  /** `memcache_security_strategy`. */
  protected readonly strategy: 'ENCRYPT' | 'MAC' = 'ENCRYPT'
  /** The running service. */
  protected service!: Service

  constructor(identity: FaultedIdentity, options: FigureOptions) {
    this.identity = identity
    this.options = options
    this.keystone = new KeystoneStack(identity.data)
    this.maker = new CredentialMaker(this.keystone)
    this.alpha = this.keystone.data.projects.alpha
  }

  /** Configuration of a service that reaches Keystone through the proxy. */
  protected config(more: ConfigSections[string]): ConfigSections {
    const { proxy, servers } = this.identity
    const addresses = servers.map(({ address }) => address)
    const { url, secretReader } = this.keystone.data
    return {
      DEFAULT: { auth_strategy: 'keystone', workers: WORKERS },
      keystone_authtoken: {
        ...keystoneSection({ url, service: secretReader }),
        endpoint_override: proxy.url,
        ...(servers.length > 0 && { memcached_servers: addresses.join(',') }),
        memcache_security_strategy: this.strategy,
        // With the default, a server that is slow once gets no entries for a while.
        memcache_pool_socket_timeout: PATIENCE_SECONDS,
        memcache_secret_key: CACHE_SECRET,
        ...more,
      },
    }
  }

  /** What was found, with the faults that were noted. */
  protected measured(value: number, target: string): Measured {
    return { value, target, faults: this.faults, detail: this.detail }
  }

  /** Runs `play` with a service, and stops it afterwards. */
  protected withService<T>(more: ConfigSections[string], play: () => Promise<T>): Promise<T> {
    return withServices(1, this.config(more), this.options, ([service]) => {
      this.service = service
      return play()
    })
  }

  /** Issues new tokens of a member of the project alpha. */
  protected async newTokens(count: number): Promise<string[]> {
    const tokens: string[] = []
    while (tokens.length < count) tokens.push(await this.maker.userToken(this.alpha.users.member))
    return tokens
  }

  /** The status of ListTables on a new connection. */
  protected async statusOf(by: Sender): Promise<number> {
    const { url } = this.service
    if ('key' in by) return listSigned(url, by.key)
    const headers = { 'X-Auth-Token': by.token }
    return (await ask(`${url}/v1/data/${by.projectId}/tables`, { headers })).status
  }

  /** A token's entry in memcached. Waits for it: the service stores it over another connection. */
  protected async entry(token: string): Promise<string> {
    let value: string | undefined
    await until('a token is in memcached', async () => {
      const found = this.identity.servers.map((server) => server.value(this.#keyOf(token)))
      value = (await Promise.all(found)).find((each) => each !== undefined)
      return value !== undefined
    })
    return value ?? ''
  }

  protected async store(token: string, value: string): Promise<void> {
    for (const server of this.identity.servers) await server.store(this.#keyOf(token), value)
  }

  #keyOf(token: string): string {
    return entryFormats(this.strategy, CACHE_SECRET)(token).key
  }
}
