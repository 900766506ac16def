import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import * as assert from 'uvu/assert'
import { ConfigError } from '../../../src/config/config-error.ts'
import { loadConfig } from '../../../src/config/load.ts'
import {
  ForbiddenScopeError,
  IdentityUnavailableError,
  UnauthorizedError,
} from '../../../src/identity/errors.ts'
import { KeystoneAuthenticator } from '../../../src/identity/keystone/authenticator.ts'
import { keystoneOptions } from '../../../src/service/keystone-options.ts'
import { RecordedLog } from '../../identity/keystone/recorded-log.ts'
import { pythonFromEnv } from '../../stack/environment.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { runCommand } from '../../stack/processes.ts'
import { sourceFile } from '../../stack/project.ts'
import { runPython } from '../../support/program.ts'
import { suite } from '../../support/suite.ts'
import { CredentialMaker } from '../credentials.ts'
import { MemcachedServer } from '../memcached-server.ts'
import { type Case, decisionCases, type Section, type Who } from './authtoken-cases.ts'

/**
 * Checks each option of `[keystone_authtoken]` against keystonemiddleware: the same requests must
 * get the same responses. A case says so if the service differs on purpose.
 */

interface Answer {
  readonly status: unknown
  readonly challenge?: string | null
}

const CASES_MIN = 60
const TABLES = '/v1/data/p/tables'
const test = suite('[keystone_authtoken] beside keystonemiddleware')
const keystone = keystoneFromEnv()
const maker = new CredentialMaker(keystone)
const { url, service, projects } = keystone.data
const root = url.replace(/\/v3$/, '')
const folder = mkdtempSync(join(tmpdir(), 'magnetodb-options-'))
const file = (name: string) => join(folder, name)
const servers: Server[] = []
const sockets = new Set<Socket>()
let memcached: MemcachedServer
let catalogEntry: string
let headers: Readonly<Record<Who, readonly (readonly [string, string])[]>>

test.before(async () => {
  const script = sourceFile('test/live/make-certificates.py')
  const { signal } = new AbortController()
  await runCommand(pythonFromEnv(), [script, folder], { cwd: folder, signal, limitMs: 60_000 })
  catalogEntry = await keystone.registerService('kv-storage', 'http://localhost/v1/data')
  memcached = await MemcachedServer.start()
  const { member } = projects.alpha.users
  const rule = { service: 'kv-storage', method: 'GET', path: TABLES }
  const user = ['X-Auth-Token', await maker.userToken(member)] as const
  const limited = await maker.byApplicationCredential(member, { access_rules: [rule] })
  const named = await maker.newUser(service.projectId, ['GlueService'])
  const by = async (token: string) => [user, ['X-Service-Token', token]] as const
  const serviceToken = await maker.userToken(service)
  const late = await maker.shortLived(member)
  headers = {
    member: [user],
    garbage: [['X-Auth-Token', 'garbage']],
    limited: [['X-Auth-Token', limited]],
    byService: await by(serviceToken),
    byNamedService: await by(await maker.userToken(named)),
    byUser: await by(user[1]),
    late: [
      ['X-Auth-Token', late],
      ['X-Service-Token', serviceToken],
    ],
  }
})

test.after(async () => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
  await memcached.stop()
  await keystone.removeService(catalogEntry)
  rmSync(folder, { recursive: true })
})

/** The options that devstack's configure_keystone_authtoken_middleware writes. The file that they
 * name does not exist. */
const devstack = (): Section => ({
  auth_type: 'password',
  interface: 'public',
  auth_url: root,
  www_authenticate_uri: root,
  username: service.username,
  password: service.password,
  user_domain_name: 'Default',
  project_name: 'service',
  project_domain_name: 'Default',
  cafile: '/opt/stack/data/ca-bundle.pem',
  memcached_servers: memcached.address,
})

async function listening(server: Server): Promise<number> {
  servers.push(server)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

/** Starts a TLS server with a certificate in front of Keystone. */
function terminator(certificate: string, options: tls.TlsOptions = {}): Promise<number> {
  const cert = readFileSync(file(`${certificate}.pem`))
  const key = readFileSync(file(`${certificate}.key`))
  const server = tls.createServer({ cert, key, ...options }, (socket) => {
    const upstream = connect(Number(new URL(url).port), '127.0.0.1')
    for (const end of [socket, upstream]) {
      sockets.add(end)
      end.on('error', () => end.destroy())
    }
    socket.pipe(upstream).pipe(socket)
  })
  server.on('tlsClientError', () => undefined)
  return listening(server)
}

const redirecting = (status: number): Promise<number> =>
  listening(
    createHttpServer((request, response) => {
      response.writeHead(status, { location: `${new URL(url).origin}${request.url}` }).end()
    }),
  )

async function loginCases(): Promise<readonly Case[]> {
  const credential = await maker.newApplicationCredential(service)
  const byName = { username: undefined, user_domain_name: undefined }
  const noProject = { project_name: undefined, project_domain_name: undefined }
  const application = {
    ...{ ...byName, ...noProject, password: undefined },
    auth_type: 'v3applicationcredential',
    application_credential_id: credential.id,
    application_credential_secret: credential.secret,
  }
  return [
    { name: 'with a service type', section: { service_type: 'kv-storage' } },
    { name: 'auth_url with /v3', section: { auth_url: `${root}/v3` } },
    { name: 'auth_url with a slash', section: { auth_url: `${root}/` } },
    { name: 'auth_url where nobody listens', section: { auth_url: 'http://127.0.0.1:1' } },
    { name: 'auth_type v3password', section: { auth_type: 'v3password' } },
    { name: 'auth_type that is none', section: { auth_type: 'telepathy' } },
    { name: 'auth_plugin', section: { auth_type: undefined, auth_plugin: 'password' } },
    { name: 'application credential', section: application },
    {
      name: 'application credential, another secret',
      section: { ...application, application_credential_secret: 'other' },
    },
    { name: 'user_id', section: { ...byName, user_id: service.userId } },
    { name: 'user_domain_id', section: { user_domain_name: undefined, user_domain_id: 'default' } },
    { name: 'another user domain', section: { user_domain_name: 'Elsewhere' } },
    { name: 'another password', section: { password: 'other' } },
    { name: 'another user', section: { username: 'nobody' } },
    { name: 'project_id', section: { ...noProject, project_id: service.projectId } },
    { name: 'tenant_name', section: { project_name: undefined, tenant_name: 'service' } },
    {
      name: 'project_domain_id',
      section: { project_domain_name: undefined, project_domain_id: 'default' },
    },
    { name: 'another project', section: { project_name: 'alpha' } },
  ]
}

async function redirectCases(): Promise<readonly Case[]> {
  return Promise.all(
    [301, 302, 303, 307, 308].map(async (status) => ({
      name: `auth_url that answers ${status}`,
      section: { auth_url: `http://127.0.0.1:${await redirecting(status)}` },
    })),
  )
}

async function connectionCases(): Promise<readonly Case[]> {
  const silent = `http://127.0.0.1:${await listening(createServer())}`
  const server = `https://127.0.0.1:${await terminator('server')}/v3`
  const expired = `https://127.0.0.1:${await terminator('expired')}/v3`
  const ca = readFileSync(file('authority.pem'))
  const mutual = await terminator('server', { requestCert: true, rejectUnauthorized: true, ca })
  const demanding = `https://127.0.0.1:${mutual}/v3`
  const cafile = file('authority.pem')
  const ours = { certfile: file('client.pem'), keyfile: file('client.key') }
  const unsafe = { ours: [503, 503], why: 'theirs is an error of the program, 500' }
  const fallback = {
    ours: [200, 401],
    why: 'without such an endpoint tokens are validated where we log in; theirs is an error',
  }
  const auth_uri = { www_authenticate_uri: undefined, auth_uri: 'https://cloud/identity' }
  const older = { ours: [200, 401], why: 'older ones of theirs know this name' }
  return [
    { name: 'www_authenticate_uri', section: { www_authenticate_uri: 'https://cloud/identity' } },
    { name: 'auth_uri', section: auth_uri, differs: older },
    { name: 'interface internal', section: { interface: 'internal' }, differs: fallback },
    { name: 'interface admin', section: { interface: 'admin' }, differs: fallback },
    { name: 'no interface', section: { interface: undefined }, differs: fallback },
    { name: 'region_name', section: { region_name: keystone.data.region } },
    { name: 'another region', section: { region_name: 'RegionTwo' }, differs: fallback },
    {
      name: 'http_connect_timeout',
      section: { auth_url: silent, http_connect_timeout: 1, http_request_max_retries: 0 },
    },
    { name: 'http_request_max_retries', section: { http_request_max_retries: 2 } },
    { name: 'cafile', section: { auth_url: server, cafile } },
    { name: 'no cafile', section: { auth_url: server, cafile: undefined }, differs: unsafe },
    {
      name: 'cafile of another',
      section: { auth_url: server, cafile: file('stranger.pem') },
      differs: unsafe,
    },
    {
      name: 'cafile that is not there, with TLS',
      section: { auth_url: server },
      differs: { ours: ['refused', 'refused'], why: 'told at the start; theirs answers 500' },
    },
    { name: 'expired', section: { auth_url: expired, cafile }, differs: unsafe },
    { name: 'insecure', section: { auth_url: expired, cafile: undefined, insecure: 'true' } },
    { name: 'certfile and keyfile', section: { auth_url: demanding, cafile, ...ours } },
    { name: 'no certfile', section: { auth_url: demanding, cafile }, differs: unsafe },
  ]
}

function cacheCases(): readonly Case[] {
  const secret = { memcache_secret_key: 'a secret' }
  const strategy = (name: string, more: Section = secret): Case => ({
    name: `memcache_security_strategy ${name}${more === secret ? '' : ' without a key'}`,
    section: { memcache_security_strategy: name, ...more },
  })
  return [
    { name: 'as devstack writes it', section: {} },
    { name: 'no memcached', section: { memcached_servers: undefined } },
    { name: 'memcached that is gone', section: { memcached_servers: '127.0.0.1:1' } },
    {
      name: 'memcache_servers',
      section: { memcached_servers: undefined, memcache_servers: memcached.address },
    },
    {
      name: 'memcached_servers, several',
      section: { memcached_servers: `${memcached.address},127.0.0.1:1` },
    },
    ...['ENCRYPT', 'mac'].map((name) => strategy(name)),
    ...['MAC', 'None'].map((name) => strategy(name, {})),
    strategy('ROT13'),
    ...[-1, 3_600].map((seconds) => ({
      name: `token_cache_time ${seconds}`,
      section: { token_cache_time: seconds },
    })),
    {
      name: 'memcache_pool_*',
      section: {
        ...{ memcache_pool_dead_retry: 300, memcache_pool_maxsize: 10 },
        ...{ memcache_pool_socket_timeout: 3, memcache_pool_unused_timeout: 60 },
        ...{ memcache_pool_conn_get_timeout: 10, memcache_use_advanced_pool: 'True' },
      },
    },
  ]
}

const whoOf = (one: Case): readonly Who[] => one.who ?? ['member', 'garbage']

/** Writes the configuration file that both implementations read. */
function writeConfig({ name, section }: Case): string {
  const options = Object.entries({ ...devstack(), ...section })
  const given = options.filter(([, value]) => value !== undefined)
  const lines = given.map(([option, value]) => `${option} = ${value}\n`)
  const path = file(`${encodeURIComponent(name)}.conf`)
  const head = '[DEFAULT]\nauth_strategy = keystone\n[keystone_authtoken]\n'
  writeFileSync(path, head + lines.join(''))
  return path
}

/** Without memcached, where keystonemiddleware would find its earlier results. */
function withoutMemory(one: Case): Case {
  return { ...one, section: { memcached_servers: undefined, ...one.section } }
}

async function theirs(cases: readonly Case[]): Promise<Answer[][]> {
  const tasks = cases.map((one) => ({
    configFile: writeConfig(one),
    requests: whoOf(one).map((who) => ({ method: 'GET', path: TABLES, headers: headers[who] })),
  }))
  return JSON.parse(await runPython('auth_token.py', [], tasks))
}

async function ours(one: Case): Promise<Answer[]> {
  let authenticator: KeystoneAuthenticator
  try {
    const options = keystoneOptions(loadConfig([writeConfig(one)]))
    authenticator = new KeystoneAuthenticator({ options, log: new RecordedLog() })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return whoOf(one).map(() => ({ status: 'refused' }))
  }
  try {
    const answers: Answer[] = []
    for (const who of whoOf(one)) answers.push(await ask(authenticator, who))
    return answers
  } finally {
    authenticator.close()
  }
}

async function ask(authenticator: KeystoneAuthenticator, who: Who): Promise<Answer> {
  const given = new Map(headers[who])
  const request = { method: 'GET', path: TABLES, serviceToken: given.get('X-Service-Token') }
  try {
    await authenticator.authenticate(given.get('X-Auth-Token'), request)
    return { status: 200 }
  } catch (error) {
    if (error instanceof IdentityUnavailableError) return { status: 503 }
    if (error instanceof ForbiddenScopeError) return { status: 403 }
    if (!(error instanceof UnauthorizedError)) throw error
    return { status: 401, challenge: authenticator.wwwAuthenticate ?? null }
  }
}

const shown = (answers: readonly Answer[] = []) =>
  JSON.stringify(answers.map(({ status, challenge = null }) => [status, challenge]))

test("every option of keystone_authtoken has keystonemiddleware's meaning", async () => {
  const logins = [...(await loginCases()), ...(await redirectCases())]
  const others = [...(await connectionCases()), ...decisionCases()]
  const cases = [...cacheCases(), ...[...logins, ...others].map(withoutMemory)]
  assert.ok(cases.length >= CASES_MIN, `${cases.length} cases`)
  const expected = await theirs(cases)
  const faults: string[] = []
  let differing = 0
  for (const [index, one] of cases.entries()) {
    await memcached.tell('flush_all', 'OK')
    const mine = await ours(one)
    const their = expected[index] ?? []
    const isEqual = shown(mine) === shown(their)
    const statuses = JSON.stringify(mine.map(({ status }) => status))
    const isAsListed = one.differs && JSON.stringify(one.differs.ours) === statuses && !isEqual
    if (one.differs !== undefined) differing++
    if (one.differs === undefined ? isEqual : isAsListed) continue
    faults.push(`${one.name}: ours ${shown(mine)}, theirs ${shown(their)}`)
  }
  console.log(JSON.stringify({ cases: cases.length, differing }))
  assert.is(faults.join('\n'), '')
})

test.run()
