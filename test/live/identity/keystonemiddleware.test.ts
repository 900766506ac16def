import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import {
  ForbiddenScopeError,
  IdentityUnavailableError,
  UnauthorizedError,
} from '../../../src/identity/errors.ts'
import { KeystoneAuthenticator } from '../../../src/identity/keystone/authenticator.ts'
import type { Identity } from '../../../src/identity/request-context.ts'
import { RecordedLog } from '../../identity/keystone/recorded-log.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { runPython } from '../../support/program.ts'
import { suite } from '../../support/suite.ts'
import { CredentialMaker, changed, SCOPES, spoofedHeaders } from '../credentials.ts'
import { authenticatorOptions } from './authenticator-options.ts'

/**
 * Sends the same requests to keystonemiddleware and to the service, on one real Keystone. Both must
 * allow the same ones, with the same identity. A case says so if the service is stricter on
 * purpose.
 */

const CASES_MIN = 60
/** Longer than a short-lived token's life. */
const UNTIL_EXPIRED_MS = 4_000

interface Case {
  readonly name: string
  readonly method?: string
  readonly path?: string
  readonly user?: string
  readonly service?: string
  readonly others?: readonly (readonly [string, string])[]
  /** The statuses where the service is stricter than keystonemiddleware on purpose. */
  readonly stricter?: { readonly theirs: number; readonly ours: number; readonly why: string }
}

const test = suite('differential with keystonemiddleware')
const keystone = keystoneFromEnv()
const { alpha, beta } = keystone.data.projects
const maker = new CredentialMaker(keystone)
const TABLES = `/v1/data/${alpha.id}/tables`
let authenticator: KeystoneAuthenticator
let catalogEntry: string
let cases: readonly Case[]

test.before(async () => {
  catalogEntry = await keystone.registerService('kv-storage', 'http://localhost/v1/data')
  const options = authenticatorOptions(keystone)
  authenticator = new KeystoneAuthenticator({ options, log: new RecordedLog() })
  const made = [...(await userCases()), ...(await ruleCases()), ...(await chainCases())]
  cases = made
  await delay(UNTIL_EXPIRED_MS)
})

test.after(async () => {
  authenticator.close()
  await keystone.removeService(catalogEntry)
})

/** `!` to `~`. */
const VISIBLE = Array.from({ length: 94 }, (_, n) => String.fromCharCode(33 + n)).join('')

async function userCases(): Promise<Case[]> {
  const { member, reader, admin } = alpha.users
  const token = await maker.userToken(member)
  const scopeError = (why: string) => ({ theirs: 200, ours: 403, why })
  const unused = await maker.newUser(alpha.id, ['SecSuspended'])
  const valid: Case[] = [
    { name: 'member', user: token },
    { name: 'member, white space around', user: ` \t${token} ` },
    { name: 'member again', user: token, method: 'DELETE', path: '/v1/anything' },
    { name: 'reader', user: await maker.userToken(reader) },
    { name: 'admin', user: await maker.userToken(admin) },
    { name: 'member of another project', user: await maker.userToken(beta.users.member) },
    {
      name: 'member of another domain',
      user: await maker.userToken((await maker.memberOfNewDomain()).member),
    },
    { name: 'a role that means nothing', user: await maker.userToken(unused) },
    { name: 'a service as a user', user: await maker.userToken(keystone.data.service) },
    { name: 'trust', user: await maker.byTrust(alpha, unused) },
    { name: 'application credential', user: await maker.byApplicationCredential(member) },
  ]
  const invalid: Case[] = [
    { name: 'no token' },
    { name: 'empty token', user: '' },
    { name: 'blank token', user: '   ' },
    { name: 'garbage', user: 'garbage' },
    { name: 'another letter', user: changed(token) },
    { name: 'cut off', user: token.slice(0, -1) },
    { name: 'a letter more', user: `${token}A` },
    { name: 'two joined', user: `${token}, ${token}` },
    { name: 'two joined without a space', user: `${token},${token}` },
    { name: 'in other letters', user: token.toUpperCase() },
    { name: 'with a null', user: 'null' },
    { name: 'all characters that a token may have', user: VISIBLE },
    { name: 'a letter that is not ASCII', user: `${token}é` },
    { name: 'an id of a user', user: member.userId },
    { name: 'shaped like a JWS', user: 'eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxIn0.AAAA' },
    { name: 'revoked', user: await maker.revoked(member) },
    { name: 'expired', user: await maker.shortLived(member) },
    ...Object.entries(await maker.invalidated(alpha.id)).map(([name, user]) => ({ name, user })),
  ]
  const onPurpose: Case[] = [
    { name: 'unscoped', user: await maker.inScope('unscoped'), stricter: scopeError('no project') },
    { name: 'domain', user: await maker.inScope('domain'), stricter: scopeError('no project') },
    { name: 'system', user: await maker.inScope('system'), stricter: scopeError('no project') },
    {
      name: 'X-Storage-Token',
      others: [['X-Storage-Token', token]],
      stricter: { theirs: 200, ours: 401, why: "the alias is Swift's alone" },
    },
    {
      name: 'a control character',
      user: `${token}\u0001`,
      stricter: { theirs: 503, ours: 401, why: 'Keystone takes no header with it' },
    },
    {
      name: '9 kB',
      user: 'g'.repeat(9_000),
      stricter: { theirs: 503, ours: 401, why: 'Keystone takes no header of that length' },
    },
  ]
  const spellings: Case[] = spelledOtherwise(token).map(([name, user]) => ({
    name: `another spelling: ${name}`,
    user,
    stricter: { theirs: 200, ours: 401, why: 'each would be asked about and remembered apart' },
  }))
  const spoofed = spoofedHeaders(beta.id)
  return [
    ...spellings,
    ...valid,
    ...invalid,
    ...onPurpose,
    { name: 'spoofed headers alone', others: spoofed },
    { name: 'spoofed headers and garbage', user: 'garbage', others: spoofed },
    { name: 'spoofed headers and a member', user: token, others: spoofed },
  ]
}

/** Other texts that Keystone accepts for the same token. */
function spelledOtherwise(token: string): readonly (readonly [string, string])[] {
  const last = VISIBLE[VISIBLE.indexOf(token.at(-1) ?? '') + 1] ?? ''
  return [
    ['padding', `${token}=`],
    ['more padding', `${token}=====`],
    ['a foreign character', `${token.slice(0, 20)}!${token.slice(20)}===`],
    ['four of them', `~~~~${token}`],
    ['a spare bit', token.slice(0, -1) + last],
  ]
}

async function ruleCases(): Promise<Case[]> {
  const { member } = alpha.users
  const rule = (method: string, path: string, service = 'kv-storage') => ({ service, method, path })
  const limited = (...access_rules: ReturnType<typeof rule>[]) =>
    maker.byApplicationCredential(member, { access_rules })
  const list = await limited(rule('GET', `/v1/data/${alpha.id}/tables`))
  const star = await limited(rule('POST', '/v1/data/*/tables/*/put_item'))
  const tag = await limited(rule('POST', '/v1/data/{project_id}/tables/{table}/query'))
  const all = await limited(rule('GET', '/v1/**'))
  const several = await limited(rule('GET', '/v1/a'), rule('POST', '/v1/b'))
  const compute = await limited(rule('GET', '/**', 'compute'))
  const dot = await limited(rule('GET', '/v1/a.b'))
  const table = `${TABLES}/t`
  return [
    { name: 'rule: match', user: list, path: TABLES },
    { name: 'rule: another method', user: list, path: TABLES, method: 'POST' },
    { name: 'rule: another path', user: list, path: table },
    { name: 'rule: a slash more', user: list, path: `${TABLES}/` },
    { name: 'rule: the beginning of a path', user: list, path: '/v1' },
    { name: 'rule: *', user: star, path: `${table}/put_item`, method: 'POST' },
    { name: 'rule: * is one part', user: star, path: `${table}/u/put_item`, method: 'POST' },
    { name: 'rule: * is not nothing', user: star, path: `${TABLES}//put_item`, method: 'POST' },
    { name: 'rule: {tag}', user: tag, path: `${table}/query`, method: 'POST' },
    { name: 'rule: {tag} and another end', user: tag, path: `${table}/scan`, method: 'POST' },
    { name: 'rule: **', user: all, path: table },
    { name: 'rule: ** is also nothing', user: all, path: '/v1/' },
    { name: 'rule: ** elsewhere', user: all, path: '/v2/data' },
    { name: 'rule: the first of several', user: several, path: '/v1/a' },
    { name: 'rule: the second of several', user: several, path: '/v1/b', method: 'POST' },
    { name: 'rule: a mix of several', user: several, path: '/v1/b' },
    { name: 'rule: another service', user: compute, path: TABLES },
    { name: 'rule: a dot', user: dot, path: '/v1/a.b' },
    {
      name: 'rule: a dot is a dot',
      user: dot,
      path: '/v1/axb',
      stricter: { theirs: 200, ours: 401, why: 'there literal text is a regular expression' },
    },
    { name: 'rule: match, spoofed', user: list, path: TABLES, others: spoofedHeaders(beta.id) },
  ]
}

async function chainCases(): Promise<Case[]> {
  const { member } = alpha.users
  const user = await maker.userToken(member)
  const expired = await maker.shortLived(member)
  const revoked = await maker.revoked(member)
  const limited = await maker.byApplicationCredential(member, {
    access_rules: [{ service: 'compute', method: 'POST', path: '/v2.1/servers' }],
  })
  const service = await maker.userToken(keystone.data.service)
  await keystone.setRole('PUT', '/system', keystone.data.service.userId, 'service')
  const systemService = (await keystone.issueToken(keystone.data.service, SCOPES.system)).id
  const serviceUser = await maker.newUser(keystone.data.service.projectId, ['service'])
  const scope = { theirs: 200, ours: 403, why: 'no project' }
  return [
    { name: 'chain: service and member', user, service },
    { name: 'chain: service and member, spoofed', user, service, others: spoofedHeaders(beta.id) },
    { name: 'chain: service alone', service },
    { name: 'chain: service and garbage', user: 'garbage', service },
    { name: 'chain: service and expired', user: expired, service },
    { name: 'chain: service and revoked', user: revoked, service },
    { name: 'chain: service and rules of another service', user: limited, service },
    { name: 'chain: rules of another service alone', user: limited },
    { name: 'chain: a user for a service', user, service: user },
    {
      name: 'chain: an admin for a service',
      user,
      service: await maker.userToken(alpha.users.admin),
    },
    { name: 'chain: a user for a service, and expired', user: expired, service: user },
    { name: 'chain: a user for a service, and rules', user: limited, service: user },
    { name: 'chain: garbage for a service', user, service: 'garbage' },
    { name: 'chain: garbage for a service, and expired', user: expired, service: 'garbage' },
    { name: 'chain: a revoked service', user, service: await maker.revoked(serviceUser) },
    { name: 'chain: an expired service', user, service: await maker.shortLived(serviceUser) },
    { name: 'chain: an empty service token', user, service: '' },
    { name: 'chain: service in system scope', user, service: systemService },
    { name: 'chain: service in system scope, expired', user: expired, service: systemService },
    {
      name: 'chain: service and unscoped',
      user: await maker.inScope('unscoped'),
      service,
      stricter: scope,
    },
    {
      name: 'chain: service and system',
      user: await maker.inScope('system'),
      service,
      stricter: scope,
    },
  ]
}

/** The compared part of a response. */
interface Outcome {
  readonly status: number
  readonly identity?: Readonly<Record<string, unknown>>
}

function headersOf({ user, service, others = [] }: Case): readonly (readonly [string, string])[] {
  return [
    ...others,
    ...(user === undefined ? [] : [['X-Auth-Token', user] as const]),
    ...(service === undefined ? [] : [['X-Service-Token', service] as const]),
  ]
}

type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string>> }

async function askKeystonemiddleware(of: readonly Case[], changes = {}): Promise<Answer[]> {
  const { url, service } = keystone.data
  const options = {
    ...{ auth_type: 'password', auth_url: url, www_authenticate_uri: url },
    ...{ username: service.username, password: service.password, user_domain_id: 'default' },
    ...{ project_id: service.projectId, interface: 'public', service_type: 'kv-storage' },
    ...changes,
  }
  const requests = of.map((one) => ({
    method: one.method ?? 'GET',
    path: one.path ?? TABLES,
    headers: headersOf(one),
  }))
  const [answers] = JSON.parse(await runPython('auth_token.py', [], [{ options, requests }]))
  return answers
}

async function theirs(of: readonly Case[]): Promise<Outcome[]> {
  const answers = await askKeystonemiddleware(of)
  return answers.map(({ status, headers }) => {
    if (status !== 200) return { status }
    const value = (name: string) => headers[`HTTP_X_${name}`] ?? undefined
    const roles = (name: string) => value(name)?.split(',').sort()
    const identity = {
      userId: value('USER_ID'),
      userName: value('USER_NAME'),
      userDomainId: value('USER_DOMAIN_ID'),
      projectId: value('PROJECT_ID'),
      projectName: value('PROJECT_NAME'),
      projectDomainId: value('PROJECT_DOMAIN_ID'),
      roles: roles('ROLES'),
      serviceUserId: value('SERVICE_USER_ID'),
      serviceProjectId: value('SERVICE_PROJECT_ID'),
      serviceRoles: roles('SERVICE_ROLES'),
    }
    return { status, identity }
  })
}

async function ours(one: Case): Promise<Outcome> {
  const headers = new Map(headersOf(one))
  const request = {
    method: one.method ?? 'GET',
    path: one.path ?? TABLES,
    serviceToken: headers.get('X-Service-Token'),
  }
  try {
    const found = await authenticator.authenticate(headers.get('X-Auth-Token'), request)
    return { status: 200, identity: comparable(found) }
  } catch (error) {
    if (error instanceof UnauthorizedError) return { status: 401 }
    if (error instanceof ForbiddenScopeError) return { status: 403 }
    if (error instanceof IdentityUnavailableError) return { status: 503 }
    throw error
  }
}

function comparable(identity: Identity): Readonly<Record<string, unknown>> {
  const { service } = identity
  return {
    userId: identity.userId,
    userName: identity.userName,
    userDomainId: identity.userDomainId,
    projectId: identity.projectId,
    projectName: identity.projectName,
    projectDomainId: identity.projectDomainId,
    roles: [...identity.roles].sort(),
    serviceUserId: service?.userId,
    serviceProjectId: service?.projectId,
    serviceRoles: service && [...service.roles].sort(),
  }
}

test("requests are allowed with keystonemiddleware's identity, new and cached", async () => {
  assert.ok(cases.length >= CASES_MIN, `${cases.length} cases`)
  assert.is(new Set(cases.map(({ name }) => name)).size, cases.length)
  // Twice, the second time from both implementations' caches.
  const expected = await theirs([...cases, ...cases])
  const faults: string[] = []
  for (const [index, one] of [...cases, ...cases].entries()) {
    const mine = await ours(one)
    const their = expected[index]
    const isEqual = JSON.stringify(mine) === JSON.stringify(their)
    const { stricter } = one
    const isAsListed = stricter?.theirs === their?.status && stricter?.ours === mine.status
    if (stricter === undefined ? isEqual : isAsListed) continue
    faults.push(`${one.name}: ${JSON.stringify(mine)}, theirs ${JSON.stringify(their)}`)
  }
  assert.is(faults.join('\n'), '')
})

test("keystonemiddleware's two bugs with system scope do not occur here", async () => {
  const SCOPE = 'HTTP_OPENSTACK_SYSTEM_SCOPE'
  const anonymous = { name: 'a', others: spoofedHeaders(beta.id) }
  const [believed] = await askKeystonemiddleware([anonymous], { delay_auth_decision: 'true' })
  assert.is(believed?.headers[SCOPE], 'all', 'theirs lets a stranger say it')
  assert.equal(await ours(anonymous), { status: 401 })

  const chain = cases.find(({ name }) => name === 'chain: service in system scope')
  assert.ok(chain)
  const [mixed] = await askKeystonemiddleware([chain])
  assert.is(mixed?.headers[SCOPE], 'all', "theirs takes the service's scope for the user's")
  const { identity } = await ours(chain)
  assert.is(identity?.projectId, alpha.id)
  assert.equal(identity?.roles, ['member', 'reader'])
  assert.not.ok(Object.keys(identity ?? {}).some((name) => /system|scope/i.test(name)))
})

test.run()
