import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import type { Signing } from '../../identity/sigv4/signed-requests.ts'
import type { Credentials, Ec2Credential } from '../../stack/keystone-client.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { atOnce } from '../../support/at-once.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { CredentialMaker, spoofedHeaders } from '../credentials.ts'
import { keystoneSection } from '../keystone-section.ts'
import { signedHeaders } from './signed-headers.ts'
import {
  bodyOf,
  MISSING,
  OPERATIONS,
  post,
  READS,
  TABLE,
  Victim,
  type WireHeaders,
} from './victim.ts'

/** The permissions of EC2 credentials of a real Keystone, for every operation and for both ways in
 * which the service verifies signatures. */

const LANES = 8
const MINUTE_MS = 60_000

const keystone = keystoneFromEnv()
const { data } = keystone
const { alpha, beta } = data.projects
const maker = new CredentialMaker(keystone)

/** Makes the headers of a request with this body. */
type Caller = (service: Service, operation: string, body: string) => WireHeaders

function signing(key: Ec2Credential, odd: Omit<Signing, 'body'> = {}, more?: WireHeaders): Caller {
  return ({ url }, operation, body) => ({
    ...signedHeaders(url, key, operation, body, odd),
    ...more,
  })
}

/** Signs another body or operation than the one that is sent. */
const tampered =
  (key: Ec2Credential, { body, operation }: { body?: string; operation?: string }): Caller =>
  (service, sent, sentBody) => ({
    ...signing(key)(service, operation ?? sent, body ?? sentBody),
    'x-amz-target': `DynamoDB_20120810.${sent}`,
  })

const tokenOnly =
  (value: string): Caller =>
  () => ({ 'X-Auth-Token': value, ...Object.fromEntries(spoofedHeaders(alpha.id)) })

/**
 * Callers without valid credentials, by the error type that they get.
 *
 * @param ofUnfit the error type for a right signature by a key that may not be used. Keystone gives
 *   the same answer to it as to a wrong signature, so only a service with the secret can tell.
 */
async function strangers(ofUnfit: string): Promise<Record<string, Record<string, Caller>>> {
  const key = await keystone.createEc2Credential(alpha.users.member)
  const wrong = { ...key, secret: randomBytes(16).toString('hex') }
  const unsigned = (name: string) =>
    signing(key, {
      signed: ['content-type', 'host', 'x-amz-date', 'x-amz-target'].filter(
        (each) => each !== name,
      ),
    })
  const spoofed = Object.fromEntries(spoofedHeaders(alpha.id))
  const unfit = {
    'of a disabled user': signing(await ofDisabledUser()),
    'of a disabled project': signing(await ofDisabledProject()),
    'of a user without a role': signing(await withoutRole()),
    'made for a project of others': signing(await ofForeignProject()),
  }
  const isInvalid = ofUnfit === 'InvalidSignatureException'
  return {
    InvalidSignatureException: {
      ...(isInvalid && unfit),
      'wrong secret': signing(wrong),
      'wrong secret, spoofed': signing(wrong, {}, spoofed),
      'a rotated secret': signing(await rotated()),
      '16 minutes old': signing(key, { timeMs: Date.now() - 16 * MINUTE_MS }),
      '16 minutes ahead': signing(key, { timeMs: Date.now() + 16 * MINUTE_MS }),
      'for S3': signing(key, { service: 's3' }),
      'another body': tampered(key, { body: '{"TableName": "other"}' }),
      'another operation': tampered(key, { operation: 'DescribeEndpoint' }),
      'an unsigned host': unsigned('host'),
      'an unsigned target': unsigned('x-amz-target'),
      'an unsigned date': unsigned('x-amz-date'),
      "another caller's access key": signing({
        ...(await keystone.createEc2Credential(beta.users.member)),
        access: key.access,
      }),
    },
    UnrecognizedClientException: {
      'an unknown key': signing({ ...key, access: randomBytes(16).toString('hex') }),
      'a deleted key': signing(await deleted()),
      'a session token': signing(key, {}, { 'X-Amz-Security-Token': 'session' }),
      ...(!isInvalid && unfit),
      'any token': tokenOnly(`anything-${randomBytes(8).toString('hex')}`),
    },
  }
}

async function newKey(projectId: string): Promise<{ user: Credentials; key: Ec2Credential }> {
  const user = await maker.newUser(projectId, ['member'])
  return { user, key: await keystone.createEc2Credential(user) }
}

async function rotated(): Promise<Ec2Credential> {
  const { key } = await newKey(alpha.id)
  await keystone.rotateEc2Credential(key)
  return key
}

async function deleted(): Promise<Ec2Credential> {
  const { key } = await newKey(alpha.id)
  await keystone.deleteEc2Credential(key)
  return key
}

async function ofDisabledUser(): Promise<Ec2Credential> {
  const { user, key } = await newKey(alpha.id)
  await keystone.setUserEnabled(user.userId, false)
  return key
}

async function ofDisabledProject(): Promise<Ec2Credential> {
  const projectId = await keystone.createProject(maker.unique('project'))
  const { key } = await newKey(projectId)
  await keystone.setProjectEnabled(projectId, false)
  return key
}

async function withoutRole(): Promise<Ec2Credential> {
  const { user, key } = await newKey(alpha.id)
  await keystone.removeRole(alpha.id, user.userId, 'member')
  return key
}

/** A credential for a project of which its user is no member. Keystone lets anybody create it, but
 * does not accept it. */
async function ofForeignProject(): Promise<Ec2Credential> {
  const key = { access: `own-${maker.unique('key')}`, secret: randomBytes(16).toString('hex') }
  const { member } = beta.users
  const { id: token } = await keystone.issueToken(member)
  const credential = {
    ...{ type: 'ec2', user_id: member.userId, project_id: alpha.id },
    blob: JSON.stringify({ ...key, trust_id: null }),
  }
  await keystone.call('POST', '/credentials', { token, body: { credential } })
  return key
}

/** A reader's credential, created by an administrator, because readers may not. */
async function ofReader(): Promise<Ec2Credential> {
  const path = `/users/${alpha.users.reader.userId}/credentials/OS-EC2`
  const { credential } = await keystone.asAdmin('POST', path, { tenant_id: alpha.id })
  const { access, secret } = JSON.parse(JSON.stringify(credential))
  return { access, secret }
}

/** The ways of verification, each with the service's user and the error type for `strangers`. */
const WAYS = {
  'verified by the service itself': [data.secretReader, 'UnrecognizedClientException'],
  'verified through Keystone': [data.service, 'InvalidSignatureException'],
} as const

for (const [way, [user, ofUnfit]] of Object.entries(WAYS)) {
  const test = suite(`signed requests ${way}`)
  let service: Service
  let victim: Victim

  test.before(async () => {
    service = await Service.start({
      DEFAULT: { auth_strategy: 'keystone', workers: 2 },
      keystone_authtoken: keystoneSection({ url: data.url, service: user }),
    })
    victim = new Victim(service.url, alpha.id, await maker.userToken(alpha.users.member))
    await victim.create()
  })
  test.after(async () => {
    await service.stop()
  })

  const send = (caller: Caller, operation: string, table: string, address?: string) => {
    const body = bodyOf(operation, table, alpha.id)
    return post(service.url, operation, body, caller(service, operation, body), address)
  }

  /** Sends operations for the victim's table and for a missing one. */
  const expectEverywhere = async (
    callers: Readonly<Record<string, Caller>>,
    operations: readonly string[],
    type: string,
  ) => {
    const faults: string[] = []
    const all = Object.entries(callers).flatMap(([name, caller], n) =>
      operations.map((operation) => ({ name, caller, operation, address: `127.0.0.${2 + n}` })),
    )
    await atOnce(LANES, all, async ({ name, caller, operation, address }) => {
      const found = await send(caller, operation, TABLE, address)
      const missing = await send(caller, operation, MISSING, address)
      const isRight = [found, missing].every((each) => each.status === 400 && each.type === type)
      if (isRight && undated(found.body) === undated(missing.body)) return
      faults.push(`${name}: ${operation}: ${JSON.stringify([found, missing])}`)
    })
    assert.is(faults.slice(0, 20).join('\n'), '')
  }

  test('a bad signature or key gets the same refusal from every operation', async () => {
    const before = await victim.state()
    for (const [type, callers] of Object.entries(await strangers(ofUnfit))) {
      await expectEverywhere(callers, OPERATIONS, type)
    }
    assert.is(await victim.state(), before)
  })

  test('a reader may read, and gets 400 for writes', async () => {
    const before = await victim.state()
    const reader = signing(await ofReader())
    const writes = OPERATIONS.filter((name) => !READS.includes(name))
    await expectEverywhere({ reader }, writes, 'AccessDeniedException')
    for (const operation of READS) {
      const { status, body } = await send(reader, operation, TABLE)
      assert.is(status, 200, body)
    }
    assert.is(await victim.state(), before)
  })

  test("another project's member finds no table", async () => {
    const before = await victim.state()
    const stranger = signing(await keystone.createEc2Credential(beta.users.member))
    for (const operation of OPERATIONS.filter((name) => /Item|Query|Scan|eTable$/.test(name))) {
      if (operation === 'CreateTable') continue
      assert.is((await send(stranger, operation, TABLE)).type, 'ResourceNotFoundException')
    }
    for (const operation of ['TagResource', 'UntagResource', 'ListTagsOfResource']) {
      assert.is((await send(stranger, operation, TABLE)).type, 'AccessDeniedException')
    }
    const { body } = await send(stranger, 'ListTables', TABLE)
    assert.equal(JSON.parse(body), { TableNames: [] })
    assert.is(await victim.state(), before)
  })

  test.run()
}

/** The body without the dates that some refusals contain. */
function undated(body: string): string {
  return body.replaceAll(/\d{8}T\d{6}Z/g, 'DATE')
}
