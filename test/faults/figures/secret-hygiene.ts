import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { CredentialMaker } from '../../live/credentials.ts'
import { signedHeaders } from '../../live/dynamodb/signed-headers.ts'
import { keystoneSection } from '../../live/keystone-section.ts'
import type { MemcachedServer } from '../../live/memcached-server.ts'
import { randomPassword } from '../../stack/keystone-admin.ts'
import type { Ec2Credential } from '../../stack/keystone-client.ts'
import { KeystoneStack } from '../../stack/keystone-stack.ts'
import { type Asked, ask } from '../../support/ask.ts'
import { runMain } from '../../support/program.ts'
import { type ConfigSections, iniText, type Service, writeConfig } from '../../support/service.ts'
import { KeystonePlay, withKeystone } from '../faulted-keystone.ts'
import type { Figure } from '../figure.ts'
import { startService } from '../figure-service.ts'
import { SecretScan } from './secret-scan.ts'

const CACHE_SECRET = 'cache-key-of-this-figure-7d1f0a'
const REQUESTS_MIN = 100
const LOG_LINES_MIN = 100

/** Requests of all kinds at debug level, with Keystone and memcached at fault: what of tokens,
 * passwords and keys is in logs, answers, memcached and refusals to start. */
export const SECRET_HYGIENE: Figure = {
  name: '16',
  shows: 'secrets in logs, answers, memcached or refusals to start',
  controls: ['told-tokens'],
  measure: (options) =>
    withKeystone(1, options, async (identity) => {
      const hygiene = new Hygiene(identity, options)
      try {
        await hygiene.play()
        const { scan, detail, faults } = hygiene
        return {
          value: scan.found.length,
          target: '0 found',
          faults: [...faults, ...scan.found],
          detail: { ...detail, bytes: scan.bytes, secrets: scan.secrets },
        }
      } finally {
        hygiene.impostor.close()
      }
    }),
}

class Hygiene extends KeystonePlay {
  readonly scan = new SecretScan()
  readonly impostor = startFaultyCache()
  readonly #keystone = new KeystoneStack(this.identity.keystone.data)
  readonly #proxy = this.identity.proxy
  readonly #memcached = this.identity.servers[0] as MemcachedServer
  readonly #statuses = new Map<number, number>()

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
    const newKey = () => this.#keystone.createEc2Credential(member)
    const keys = [await newKey(), await newKey(), await newKey()] as const
    for (const { secret } of keys) this.scan.add('an EC2 secret', secret)
    const [key, unseenKey, otherKey] = keys
    const running = await this.#start('service', {})
    try {
      await this.#requests(running, tokens)
      await this.#signed(running, key)
      this.#proxy.isSilent = true
      const [first, second, unseen] = await this.#unseen(maker)
      await this.#ask(running, first)
      await this.#signed(running, unseenKey)
      this.#proxy.isSilent = false
      await this.#proxy.stop()
      await this.#ask(running, second)
      await this.#signed(running, otherKey)
      await this.#proxy.listen()
      await this.#requests(running, tokens)
      await this.#cached()
      await this.#memcached.kill()
      await this.#requests(running, { unseen })
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

  /** Tokens that the service has not seen. */
  async #unseen(maker: CredentialMaker): Promise<readonly [string, string, string]> {
    const { member } = this.#keystone.data.projects.alpha.users
    const newToken = async () => {
      const token = await maker.userToken(member)
      this.scan.add('token: unseen', token)
      return token
    }
    return [await newToken(), await newToken(), await newToken()]
  }

  #config(changes: Readonly<Record<string, string | number>>): ConfigSections {
    const { url, secretReader } = this.#keystone.data
    const { port } = this.impostor.address() as AddressInfo
    return {
      DEFAULT: { auth_strategy: 'keystone', workers: 1, debug: 'true', log_operations: 'true' },
      keystone_authtoken: {
        ...keystoneSection({ url, service: secretReader }),
        http_connect_timeout: 1,
        endpoint_override: this.#proxy.url,
        memcached_servers: `${this.#memcached.address},127.0.0.1:${port}`,
        memcache_security_strategy: 'ENCRYPT',
        memcache_secret_key: CACHE_SECRET,
        memcache_pool_dead_retry: 1,
        ...changes,
      },
    }
  }

  #start(name: string, changes: Readonly<Record<string, string | number>>) {
    return startService(name, this.#config(changes), this.options)
  }

  /** Adds what was logged. @returns how many lines */
  #log(name: string): number {
    const text = readFileSync(join(this.options.folder, name, 'service.log'), 'utf8')
    this.scan.see('the log', text)
    return text.split('\n').length
  }

  /** Each token in each of these ways. */
  async #requests(service: Service, tokens: Readonly<Record<string, string>>) {
    for (const token of Object.values(tokens)) {
      const table = `{"table_name": "${'x'.repeat(300)}"}`
      await this.#ask(service, token)
      await this.#ask(service, token, {}, 'nowhere')
      await this.#ask(service, token, { method: 'POST', body: table })
      await this.#ask(service, token, { method: 'POST', body: '{"item": ' }, 'tables/none/put_item')
      await this.#ask(service, token, { headers: { 'X-Service-Token': token } })
      await this.#ask(service, token, { headers: { Authorization: `Bearer ${token}` } })
      const spoilt = [`${token}=`, token.slice(0, -4), `${token}, ${token}`]
      for (const other of spoilt) await this.#ask(service, other)
      await this.#ask(service, 'garbage', { headers: { 'X-Storage-Token': token, Cookie: token } })
    }
  }

  /** Good, with another secret, for another service, without a host, beside a token. */
  async #signed({ url }: Service, key: Ec2Credential): Promise<void> {
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
      const headers = signedHeaders(url, by, 'DescribeTable', body, odd)
      const [, signature = ''] = /Signature=(\w+)/.exec(headers.authorization ?? '') ?? []
      this.scan.add('a signature', signature)
      const authorization = `${headers.authorization}`.replace('Credential', 'Other=1, Credential')
      for (const sent of [
        { ...headers, ...more },
        { ...headers, authorization },
      ]) {
        await this.#see(`${url}/`, { method: 'POST', headers: sent, body })
      }
    }
  }

  #ask({ url }: Service, token: string, how: Asked = {}, path = 'tables') {
    const { alpha } = this.#keystone.data.projects
    const own = { 'X-Auth-Token': token, 'Content-Type': 'application/json' }
    const headers = { ...own, ...how.headers }
    return this.#see(`${url}/v1/data/${alpha.id}/${path}`, { ...how, headers })
  }

  async #see(url: string, how: Asked): Promise<void> {
    const { status, text, headers } = await ask(url, how)
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
    this.scan.see(`an answer of status ${status}`, JSON.stringify(headers) + text)
  }

  /** Keys and values. */
  async #cached(): Promise<void> {
    const dump = await this.#memcached.tell('lru_crawler metadump all', 'END')
    const keys = [...dump.matchAll(/^key=(\S+)/gm)].map(([, key = '']) => decodeURIComponent(key))
    if (keys.length === 0) this.faults.push('nothing was in memcached')
    for (const key of keys) {
      this.scan.see('memcached', key + (await this.#memcached.tell(`get ${key}`, 'END')))
    }
    this.detail.entries = keys.length
  }

  /** A service that Keystone does not know. */
  async #refusedLogin(): Promise<void> {
    const password = randomPassword()
    this.scan.add('a wrong password', password)
    const running = await this.#start('refused', { password })
    await this.#ask(running, randomPassword())
    await running.stop()
    this.#log('refused')
  }

  async #refusedStarts(): Promise<void> {
    const { folder } = this.options
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

/** Says what it is told, as no memcached does. */
function startFaultyCache(): Server {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => socket.write(`CLIENT_ERROR ${chunk}`))
  })
  return server.listen(0, '127.0.0.1')
}
