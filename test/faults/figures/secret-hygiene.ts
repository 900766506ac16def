import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { signedHeaders } from '../../live/dynamodb/signed-headers.ts'
import { randomPassword } from '../../stack/keystone-admin.ts'
import type { Ec2Credential } from '../../stack/keystone-client.ts'
import { type Asked, ask } from '../../support/ask.ts'
import { runMain } from '../../support/program.ts'
import { type ConfigSections, iniText, writeConfig } from '../../support/service.ts'
import { withKeystone } from '../faulted-keystone.ts'
import { type Figure, type Measured, violated } from '../figure.ts'
import { startService } from '../figure-service.ts'
import { CACHE_SECRET, KeystonePlay } from '../keystone-play.ts'
import { SecretScan } from './secret-scan.ts'

const REQUESTS_MIN = 100
const LOG_LINES_MIN = 100

/** Sends requests of all kinds at debug level, also while Keystone and memcached fail. Then
 * searches logs, responses, memcached and errors at start for tokens, passwords and keys. */
export const SECRET_HYGIENE: Figure = {
  name: '16',
  shows: 'secrets in logs, answers, memcached or refusals to start',
  controls: ['told-tokens'],
  measure: (options) =>
    withKeystone(1, options, (own) => {
      const hygiene = new Hygiene(own, options)
      return hygiene.measure().finally(() => hygiene.impostor.close())
    }),
}

class Hygiene extends KeystonePlay {
  readonly impostor = startFaultyCache()
  readonly #scan = new SecretScan()
  readonly #statuses: Record<number, number> = {}
  #requests = 0

  async measure(): Promise<Measured> {
    const { maker, keystone } = this
    const { secretReader: service } = keystone.data
    const { member, reader } = this.alpha.users
    this.#scan.add('the cache key', CACHE_SECRET)
    this.#scan.add("the service's password", service.password)
    const tokens = {
      member: await maker.userToken(member),
      reader: await maker.userToken(reader),
      service: await maker.userToken(service),
      limited: await maker.byApplicationCredential(member, { access_rules: [] }),
      revoked: await maker.revoked(member),
      unscoped: await maker.inScope('unscoped'),
      forged: randomPassword().repeat(4),
    }
    for (const [name, token] of Object.entries(tokens)) this.#scan.add(`token: ${name}`, token)
    const lines = await this.#running('service', {}, () => this.#play(Object.values(tokens)))
    // Keystone refuses this service's login.
    const password = this.#newSecret('a wrong password')
    await this.#running('refused', { password }, () => this.#ask(randomPassword()))
    await this.#refusedStarts()
    const { found, bytes, secrets } = this.#scan.look()
    const requests = this.#requests
    const few = violated({
      [`only ${lines} lines were logged`]: lines < LOG_LINES_MIN,
      [`only ${requests} requests were answered`]: requests < REQUESTS_MIN,
    })
    return {
      value: found.length,
      target: '0 found',
      faults: [...this.faults, ...few, ...found],
      detail: { ...this.detail, requests, lines, statuses: this.#statuses, bytes, secrets },
    }
  }

  async #play(tokens: readonly string[]): Promise<void> {
    const { proxy, servers } = this.identity
    const [key, unseenKey, otherKey] = [await this.#key(), await this.#key(), await this.#key()]
    await this.#askAll(tokens)
    await this.#askSigned(key)
    proxy.isSilent = true
    // Tokens that the service has not seen.
    const [first = '', second = '', unseen = ''] = await this.newTokens(3)
    for (const token of [first, second, unseen]) this.#scan.add('token: unseen', token)
    await this.#ask(first)
    await this.#askSigned(unseenKey)
    proxy.isSilent = false
    await proxy.stop()
    await this.#ask(second)
    await this.#askSigned(otherKey)
    await proxy.listen()
    await this.#askAll(tokens)
    await this.#seeCache()
    await servers[0]?.kill()
    await this.#askAll([unseen])
    this.#scan.add("the service's own token", proxy.callerToken)
  }

  /** Uses a service of this name, and adds its log to the scan. Returns the log's length. */
  async #running(name: string, more: ConfigSections[string], use: () => Promise<void>) {
    this.service = await startService(name, this.config(more), this.options)
    await use().finally(() => this.service.stop())
    const log = readFileSync(join(this.options.folder, name, 'service.log'), 'utf8')
    this.#scan.see('the log', log)
    return log.split('\n').length
  }

  #newSecret(name: string): string {
    const secret = randomPassword()
    this.#scan.add(name, secret)
    return secret
  }

  async #key(): Promise<Ec2Credential> {
    const key = await this.keystone.createEc2Credential(this.alpha.users.member)
    this.#scan.add('an EC2 secret', key.secret)
    return key
  }

  protected override config(more: ConfigSections[string]): ConfigSections {
    const { port } = this.impostor.address() as AddressInfo
    const sections = super.config({
      http_connect_timeout: 1,
      memcached_servers: `${this.identity.servers[0]?.address},127.0.0.1:${port}`,
      memcache_pool_dead_retry: 1,
      ...more,
    })
    const logged = { workers: 1, debug: 'true', log_operations: 'true' }
    return { ...sections, DEFAULT: { ...sections.DEFAULT, ...logged } }
  }

  /** Sends each token in each kind of request. */
  async #askAll(tokens: readonly string[]): Promise<void> {
    const post = (body: string): Asked => ({ method: 'POST', body })
    for (const token of tokens) {
      await this.#ask(token)
      await this.#ask(token, {}, 'nowhere')
      await this.#ask(token, post(`{"table_name": "${'x'.repeat(300)}"}`))
      await this.#ask(token, post('{"item": '), 'tables/none/put_item')
      await this.#ask(token, { headers: { 'X-Service-Token': token } })
      await this.#ask(token, { headers: { Authorization: `Bearer ${token}` } })
      const spoilt = [`${token}=`, token.slice(0, -4), `${token}, ${token}`]
      for (const other of spoilt) await this.#ask(other)
      await this.#ask('garbage', { headers: { 'X-Storage-Token': token, Cookie: token } })
    }
  }

  /** Sends signed requests: valid, with a wrong secret, for another service, without the host, and
   * with a token in addition. */
  async #askSigned(key: Ec2Credential): Promise<void> {
    const { url } = this.service
    const wrong = { ...key, secret: this.#newSecret('a wrong EC2 secret') }
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
      this.#scan.add('a signature', signature)
      const authorization = `${headers.authorization}`.replace('Credential', 'Other=1, Credential')
      for (const sent of [more, { authorization }]) {
        await this.#see(`${url}/`, { method: 'POST', headers: { ...headers, ...sent }, body })
      }
    }
  }

  #ask(token: string, how: Asked = {}, path = 'tables'): Promise<void> {
    const own = { 'X-Auth-Token': token, 'Content-Type': 'application/json' }
    const headers = { ...own, ...how.headers }
    return this.#see(`${this.service.url}/v1/data/${this.alpha.id}/${path}`, { ...how, headers })
  }

  async #see(url: string, how: Asked): Promise<void> {
    const { status, text, headers } = await ask(url, how)
    this.#requests++
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1
    this.#scan.see(`an answer of status ${status}`, JSON.stringify(headers) + text)
  }

  /** Adds memcached's keys and values to the scan. */
  async #seeCache(): Promise<void> {
    const tell = async (command: string) => this.identity.servers[0]?.tell(command, 'END') ?? ''
    const dump = await tell('lru_crawler metadump all')
    const keys = [...dump.matchAll(/^key=(\S+)/gm)].map(([, key = '']) => decodeURIComponent(key))
    if (keys.length === 0) this.faults.push('nothing was in memcached')
    for (const key of keys) this.#scan.see('memcached', key + (await tell(`get ${key}`)))
    this.detail.entries = keys.length
  }

  async #refusedStarts(): Promise<void> {
    const good = iniText(this.config({}))
    const { url, secretReader } = this.keystone.data
    const { host, pathname } = new URL(url)
    const withPassword = `http://magnetodb:${secretReader.password}@${host}${pathname}`
    for (const [line, broken] of [
      [/^password = /m, 'password '],
      [/^memcache_secret_key = /m, 'memcache_secret_keys = '],
      [/^auth_url = .*$/m, `auth_url = ${withPassword}`],
      [/^http_connect_timeout = .*$/m, 'http_connect_timeout = never'],
    ] as const) {
      const file = writeConfig(this.options.folder, good.replace(line, broken))
      const { code, stdout, stderr } = await runMain(['--config-file', file])
      this.#scan.see('a refusal to start', stdout + stderr)
      if (code !== 1) this.faults.push(`a broken configuration ended with ${code}`)
    }
  }
}

/** Echoes what it receives, which no memcached does. */
function startFaultyCache(): Server {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => socket.write(`CLIENT_ERROR ${chunk}`))
  })
  return server.listen(0, '127.0.0.1')
}
