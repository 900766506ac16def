import * as assert from 'uvu/assert'
import { CountingProxy } from '../../identity/keystone/counting-proxy.ts'
import type { Credentials, Ec2Credential } from '../../stack/keystone-client.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/until.ts'
import { CredentialMaker } from '../credentials.ts'
import { keystoneSection } from '../keystone-section.ts'
import { readsAheadMax } from './reads-ahead.ts'
import { signedHeaders } from './signed-headers.ts'
import { post } from './victim.ts'

/** With which roles and policies a real Keystone lets the service's user read secrets. */

const REQUESTS = 50
/** One is refused, the other one has the token for the system. */
const READS = 2
const GRANTED = 'signatures are verified by this process'
const REFUSED = 'each signed request is a call to Keystone'

const test = suite('a user of the service without the rule of Keystone')
const keystone = keystoneFromEnv()
const maker = new CredentialMaker(keystone)
let proxy: CountingProxy
let user: Credentials
let service: Service

test.before.each(async () => {
  proxy = await CountingProxy.start(keystone.url)
  user = await maker.newUser(keystone.data.service.projectId, ['service'])
  service = await Service.start({
    DEFAULT: { auth_strategy: 'keystone', workers: 1 },
    keystone_authtoken: {
      ...keystoneSection({ url: proxy.url, service: user }),
      endpoint_override: proxy.url,
    },
  })
})

test.after.each(async () => {
  assert.is(await service.stop(), 0)
  await proxy.stop()
})

async function newKey(): Promise<Ec2Credential> {
  return keystone.createEc2Credential(keystone.data.projects.alpha.users.member)
}

async function send(key: Ec2Credential): Promise<number> {
  const { url } = service
  return (await post(url, 'ListTables', '{}', signedHeaders(url, key, 'ListTables', '{}'))).status
}

test('with the role reader on the system it reads a secret once, and verifies itself', async () => {
  await keystone.setRole('PUT', '/system', user.userId, 'reader')
  const key = await newKey()
  for (let n = 0; n < REQUESTS; n++) assert.is(await send(key), 200)
  const readsAhead = proxy.credentials - READS
  assert.ok(readsAhead >= 0 && readsAhead <= readsAheadMax(), `${proxy.credentials} reads`)
  assert.is(proxy.logins, 2)
  assert.ok(proxy.signatures < REQUESTS / 2, `${proxy.signatures} questions`)
  assert.match(service.output(), GRANTED)
  assert.not.match(service.output(), REFUSED)
  assert.not.match(service.output(), key.secret)

  await keystone.setRole('DELETE', '/system', user.userId, 'reader')
  const later = await newKey()
  await until('it is served through Keystone', async () => {
    const status = await send(later)
    return status === 200 && service.output().includes(REFUSED)
  })
})

test('without it each request is a question, and one login to the system is tried', async () => {
  const key = await newKey()
  for (let n = 0; n < REQUESTS; n++) assert.is(await send(key), 200)
  assert.equal([proxy.credentials, proxy.logins, proxy.signatures], [1, 2, REQUESTS])
  assert.is(service.output().split(REFUSED).length, 2)
  assert.not.match(service.output(), /cannot log in/)
})

test.run()
