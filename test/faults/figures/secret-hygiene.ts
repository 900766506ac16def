import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import type { CountingProxy } from '../../identity/keystone/counting-proxy.ts'
import { CredentialMaker } from '../../live/credentials.ts'
import { signedHeaders } from '../../live/dynamodb/signed-headers.ts'
import { keystoneSection } from '../../live/keystone-section.ts'
import type { MemcachedServer } from '../../live/memcached-server.ts'
import { randomPassword } from '../../stack/keystone-admin.ts'
import type { Ec2Credential } from '../../stack/keystone-client.ts'
import { KeystoneStack } from '../../stack/keystone-stack.ts'
import { runMain } from '../../support/program.ts'
import { type ConfigSections, iniText, type Service, writeConfig } from '../../support/service.ts'
import { type FaultedIdentity, withKeystone } from '../faulted-keystone.ts'
import type { Figure, FigureOptions } from '../figure.ts'
import { startService } from '../figure-service.ts'
import { SecretScan } from './secret-scan.ts'

const CACHE_SECRET = 'cache-key-of-this-figure-7d1f0a'
const REQUESTS_MIN = 100
const LOG_LINES_MIN = 100

/** Sends requests of all kinds at debug level, also while Keystone and memcached fail. Then
 * searches logs, responses, memcached and errors at start for tokens, passwords and keys. */
export const SECRET_HYGIENE: Figure = {
  name: '16',
  shows: 'secrets in logs, answers, memcached or refusals to start',
  controls: ['told-tokens'],
  measure: (options) =>
    withKeystone(1, options, async (identity) => {
      const impostor = startFaultyCache()
      try {
        const hygiene = new Hygiene(identity, impostor, options)
        await hygiene.play()
        const { scan, detail, faults } = hygiene
        return {
          value: scan.found.length,
          target: '0 found',
          faults: [...faults, ...scan.found],
          detail: { ...detail, bytes: scan.bytes, secrets: scan.secrets },
        }
      } finally {
        impostor.close()
      }
    }),
}

class Hygiene {
  readonly scan = new SecretScan()
  readonly faults: string[] = []
  readonly detail: Record<string, unknown> = {}
  readonly #keystone: KeystoneStack
  readonly #proxy: CountingProxy
  readonly #memcached: MemcachedServer
  readonly #impostor: Server
  readonly #options: FigureOptions
  readonly #statuses = new Map<number, number>()

  constructor(
    { keystone, proxy, servers }: FaultedIdentity,
    impostor: Server,
    options: FigureOptions,
  ) {
    const [memcached] = servers as [MemcachedServer]
    this.#keystone = new KeystoneStack(keystone.data)
    this.#proxy = proxy
    this.#memcached = memcached
    this.#impostor = impostor
    this.#options = options
  }

  async play(): Promise<void> {
    const { secretReader: service, projects } = this.#keystone.data
    const { member, reader } = projects.alpha.users
    this.scan.add('the cache key', CACHE_SECRET)
    this.scan.add("the service's password", service.password)
    const maker = new CredentialMaker(this.#keystone)
    const tokens = {
      member: await maker.userToken(member),
      reader: await maker.userToken(reader),
      service: await maker.userToken(service),
      limited: await maker.byApplicationCredential(member, { access_rules: [] }),
      revoked: await maker.revoked(member),
      unscoped: await maker.inScope('unscoped'),
      forged: randomPassword().repeat(4),
    }
    for (const [name, token] of Object.entries(tokens)) this.scan.add(`token: ${name}`, token)
    const keys: Ec2Credential[] = []
    for (let n = 0; n < 3; n++) keys.push(await this.#keystone.createEc2Credential(member))
    for (const { secret } of keys) this.scan.add('an EC2 secret', secret)
    const [key, unseenKey, otherKey] = keys
    const running = await this.#start('service', {})
    try {
      await this.#requests(running, tokens)
      await this.#signed(running, key)
      this.#proxy.isSilent = true
      const unseen = await this.#unseen(maker)
      await this.#ask(running, unseen[0] ?? '')
      await this.#signed(running, unseenKey)
      this.#proxy.isSilent = false
      await this.#proxy.stop()
      await this.#ask(running, unseen[1] ?? '')
      await this.#signed(running, otherKey)
      await this.#proxy.listen()
      await this.#requests(running, tokens)
      await this.#cached()
      await this.#memcached.kill()
      await this.#requests(running, { unseen: unseen[2] ?? '' })
      this.scan.add("the service's own token", this.#proxy.callerToken)
    } finally {
      await running.stop()
    }
    const lines = this.#log('service')
    if (lines < LOG_LINES_MIN) this.faults.push(`only ${lines} lines were logged`)
    await this.#refusedLogin()
    await this.#refusedStarts()
    const requests = [...this.#statuses.values()].reduce((sum, count) => sum + count, 0)
    if (requests < REQUESTS_MIN) this.faults.push(`only ${requests} requests were answered`)
    Object.assign(this.detail, { requests, lines, statuses: Object.fromEntries(this.#statuses) })
    this.scan.look()
  }

  async #unseen(maker: CredentialMaker): Promise<readonly string[]> {
    const { member } = this.#keystone.data.projects.alpha.users
    const made: string[] = []
    while (made.length < 3) {
      const token = await maker.userToken(member)
      this.scan.add('token: unseen', token)
      made.push(token)
    }
    return made
  }

  #config(changes: Readonly<Record<string, string | number>>): ConfigSections {
    const { url, secretReader } = this.#keystone.data
    const impostor = `127.0.0.1:${(this.#impostor.address() as AddressInfo).port}`
    return {
      DEFAULT: { auth_strategy: 'keystone', workers: 1, debug: 'true', log_operations: 'true' },
      keystone_authtoken: {
        ...keystoneSection({ url, service: secretReader }),
        http_connect_timeout: 1,
        endpoint_override: this.#proxy.url,
        memcached_servers: `${this.#memcached.address},${impostor}`,
        memcache_security_strategy: 'ENCRYPT',
        memcache_secret_key: CACHE_SECRET,
        memcache_pool_dead_retry: 1,
        ...changes,
      },
    }
  }

  #start(name: string, changes: Readonly<Record<string, string | number>>) {
    return startService(name, this.#config(changes), this.#options)
  }

  /** Adds the log to the scan. @returns its number of lines */
  #log(name: string): number {
    const text = readFileSync(join(this.#options.folder, name, 'service.log'), 'utf8')
    this.scan.see('the log', text)
    return text.split('\n').length
  }

  /** Sends each token in each kind of request. */
  async #requests(service: Service, tokens: Readonly<Record<string, string>>) {
    for (const token of Object.values(tokens)) {
      const table = `{"table_name": "${'x'.repeat(300)}"}`
      const own: readonly How[] = [
        ...[
          {},
          { path: 'tables/none/put_item', body: '{"item": ' },
          { path: 'tables', body: table },
        ],
        ...[{ path: 'nowhere' }, { headers: { 'X-Service-Token': token } }],
        { headers: { Authorization: `Bearer ${token}` } },
      ]
      for (const how of own) await this.#ask(service, token, how)
      const spoilt = [`${token}=`, token.slice(0, -4), `${token}, ${token}`]
      for (const other of spoilt) await this.#ask(service, other)
      await this.#ask(service, 'garbage', { headers: { 'X-Storage-Token': token, Cookie: token } })
    }
  }

  /** Sends signed requests: valid, with a wrong secret, for another service, without the host, and
   * with a token in addition. */
  async #signed(service: Service, key: Ec2Credential | undefined): Promise<void> {
    if (key === undefined) throw new Error('there is no key')
    const wrong = { ...key, secret: randomPassword() }
    this.scan.add('a wrong EC2 secret', wrong.secret)
    const body = '{"TableName": "none"'
    for (const [by, odd, more] of [
      [key, {}, {}],
      [wrong, {}, {}],
      [key, { service: 's3' }, {}],
      [key, { signed: ['x-amz-date', 'x-amz-target'] }, {}],
      [key, {}, { 'X-Auth-Token': key.secret }],
      [key, {}, { 'X-Amz-Security-Token': key.secret }],
    ] as const) {
      const headers = signedHeaders(service.url, by, 'DescribeTable', body, odd)
      const [, signature = ''] = /Signature=(\w+)/.exec(headers.authorization ?? '') ?? []
      this.scan.add('a signature', signature)
      const authorization = `${headers.authorization}`.replace('Credential', 'Other=1, Credential')
      const spoilt = { ...headers, authorization }
      for (const sent of [{ ...headers, ...more }, spoilt]) {
        const response = await fetch(`${service.url}/`, { method: 'POST', headers: sent, body })
        await this.#see(response)
      }
    }
  }

  async #ask(service: Service, token: string, { path = 'tables', body, headers }: How = {}) {
    const { alpha } = this.#keystone.data.projects
    const response = await fetch(`${service.url}/v1/data/${alpha.id}/${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'X-Auth-Token': token, 'Content-Type': 'application/json', ...headers },
      body: body ?? null,
    })
    await this.#see(response)
  }

  async #see(response: Response): Promise<void> {
    const { status } = response
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
    const told = JSON.stringify([...response.headers]) + (await response.text())
    this.scan.see(`an answer of status ${status}`, told)
  }

  /** Adds memcached's keys and values to the scan. */
  async #cached(): Promise<void> {
    const dump = await this.#memcached.tell('lru_crawler metadump all', 'END')
    const keys = [...dump.matchAll(/^key=(\S+)/gm)].map(([, key = '']) => decodeURIComponent(key))
    if (keys.length === 0) this.faults.push('nothing was in memcached')
    for (const key of keys) {
      this.scan.see('memcached', key + (await this.#memcached.tell(`get ${key}`, 'END')))
    }
    this.detail.entries = keys.length
  }

  /** Starts a service whose login Keystone refuses. */
  async #refusedLogin(): Promise<void> {
    const password = randomPassword()
    this.scan.add('a wrong password', password)
    const running = await this.#start('refused', { password })
    await this.#ask(running, randomPassword())
    await running.stop()
    this.#log('refused')
  }

  async #refusedStarts(): Promise<void> {
    const { folder } = this.#options
    const good = iniText(this.#config({}))
    const { password } = this.#keystone.data.secretReader
    const { host, pathname } = new URL(this.#keystone.data.url)
    const withPassword = `auth_url = http://magnetodb:${password}@${host}${pathname}`
    const broken = [
      good.replace(/^password = /m, 'password '),
      good.replace(/^memcache_secret_key = /m, 'memcache_secret_keys = '),
      good.replace(/^auth_url = .*$/m, withPassword),
      good.replace(/^http_connect_timeout = .*$/m, 'http_connect_timeout = never'),
    ]
    for (const text of broken) {
      const { code, stdout, stderr } = await runMain(['--config-file', writeConfig(folder, text)])
      this.scan.see('a refusal to start', stdout + stderr)
      if (code !== 1) this.faults.push(`a broken configuration ended with ${code}`)
    }
  }
}

interface How {
  readonly path?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Echoes what it receives, which no memcached does. */
function startFaultyCache(): Server {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => socket.write(`CLIENT_ERROR ${chunk}`))
  })
  return server.listen(0, '127.0.0.1')
}
