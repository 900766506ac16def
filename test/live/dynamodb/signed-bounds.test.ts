import { setTimeout as delay } from 'node:timers/promises'
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
import { post, type Reply } from './victim.ts'

/**
 * How long a process uses what it has cached about an access key. Keystone decides about requests
 * that are sent later, however slow the machine is.
 */

const CACHE_SECONDS = 4
const WORKERS = 2
/** Requests on separate connections, so that each worker probably gets one. */
const REQUESTS_PER_PROBE = 4
const PROBE_INTERVAL_MS = 100
/** Consecutive refused probes after which a key counts as refused for good. */
const REFUSED_PROBES = 10
const STEADY_REQUESTS = 200

const keystone = keystoneFromEnv()
const { data } = keystone
const maker = new CredentialMaker(keystone)

function send({ url }: Service, key: Ec2Credential, operation = 'ListTables'): Promise<Reply> {
  const body = operation === 'DeleteTable' ? '{"TableName":"nowhere"}' : '{}'
  return post(url, operation, body, signedHeaders(url, key, operation, body))
}

async function newKey(): Promise<{ user: Credentials; key: Ec2Credential }> {
  const projectId = await keystone.createProject(maker.unique('project'))
  const user = await maker.newUser(projectId, ['member'])
  return { user, key: await keystone.createEc2Credential(user) }
}

const bounds = suite('signed requests after a revocation')
let service: Service

bounds.before(async () => {
  service = await Service.start({
    DEFAULT: { auth_strategy: 'keystone', workers: WORKERS },
    keystone_authtoken: {
      ...keystoneSection({ url: data.url, service: data.secretReader }),
      ec2_secret_cache_seconds: CACHE_SECONDS,
    },
  })
})
bounds.after(async () => {
  assert.is(await service?.stop(), 0)
})

/** Milliseconds from the end of `takeAway` to the sending of the last accepted request. */
async function lastAcceptedMs(
  key: Ec2Credential,
  takeAway: () => Promise<unknown>,
  isAccepted = ({ status }: Reply) => status === 200,
  operation = 'ListTables',
): Promise<number> {
  const probe = () =>
    Promise.all(Array.from({ length: REQUESTS_PER_PROBE }, () => send(service, key, operation)))
  for (let n = 0; n < 3; n++) assert.ok((await probe()).every(isAccepted))
  await takeAway()
  const since = performance.now()
  let lastMs = 0
  for (let refused = 0; refused < REFUSED_PROBES; ) {
    const sentMs = performance.now() - since
    const isOver = !(await probe()).some(isAccepted)
    refused = isOver ? refused + 1 : 0
    if (!isOver) lastMs = sentMs
    // Too late already: ends the test.
    if (lastMs > 3_000 * CACHE_SECONDS) return lastMs
    await delay(PROBE_INTERVAL_MS)
  }
  return lastMs
}

type Taken = readonly [key: Ec2Credential, takeAway: () => Promise<unknown>]

const TAKEN: Readonly<Record<string, () => Promise<Taken>>> = {
  'a deleted credential': async () => {
    const { key } = await newKey()
    return [key, () => keystone.deleteEc2Credential(key)]
  },
  'a replaced secret': async () => {
    const { key } = await newKey()
    return [key, () => keystone.rotateEc2Credential(key)]
  },
  'a disabled user': async () => {
    const { user, key } = await newKey()
    return [key, () => keystone.setUserEnabled(user.userId, false)]
  },
  'a disabled project': async () => {
    const { user, key } = await newKey()
    return [key, () => keystone.setProjectEnabled(user.projectId, false)]
  },
  'the last role taken away': async () => {
    const { user, key } = await newKey()
    return [key, () => keystone.removeRole(user.projectId, user.userId, 'member')]
  },
}

bounds(`${CACHE_SECONDS} s after any revocation a key is refused`, async () => {
  const measured = Object.entries(TAKEN).map(async ([name, prepare]) => {
    const ms = await lastAcceptedMs(...(await prepare()))
    return [name, Math.round(ms)] as const
  })
  const { user, key } = await newKey()
  await keystone.grantRole(user.projectId, user.userId, 'reader')
  const isWritten = ({ type }: Reply) => type === 'ResourceNotFoundException'
  const demote = () => keystone.removeRole(user.projectId, user.userId, 'member')
  const demoted = lastAcceptedMs(key, demote, isWritten, 'DeleteTable')
  const all = [...(await Promise.all(measured)), ['a writer made a reader', await demoted] as const]
  for (const [name, ms] of all) console.log(`${name}: last accepted after ${Math.round(ms)} ms`)
  for (const [name, ms] of all) assert.ok(ms <= 1_000 * CACHE_SECONDS, name)
  assert.is((await send(service, key)).status, 200, 'the reader still reads')
})

bounds('a changed secret is accepted at once, and the old one then refused', async () => {
  const { key } = await newKey()
  assert.is((await send(service, key)).status, 200)
  const rotated = await keystone.rotateEc2Credential(key)
  assert.is((await send(service, rotated)).status, 200)
  await until('the old one is refused', async () => (await send(service, key)).status !== 200)
  assert.is((await send(service, rotated)).status, 200)
})

bounds('a key works again after its project is enabled again', async () => {
  const { user, key } = await newKey()
  await keystone.setProjectEnabled(user.projectId, false)
  assert.is((await send(service, key)).type, 'UnrecognizedClientException')
  await keystone.setProjectEnabled(user.projectId, true)
  await until('it is served', async () => (await send(service, key)).status === 200)
})

bounds.run()

const outage = suite('signed requests during an outage')
let proxy: CountingProxy
let single: Service

outage.before(async () => {
  proxy = await CountingProxy.start(keystone.url)
  single = await Service.start({
    DEFAULT: { auth_strategy: 'keystone', workers: 1 },
    keystone_authtoken: {
      ...keystoneSection({ url: data.url, service: data.secretReader }),
      ...{ endpoint_override: proxy.url, http_connect_timeout: 2 },
      ec2_secret_cache_seconds: CACHE_SECONDS,
    },
  })
})
outage.after(async () => {
  assert.is(await single?.stop(), 0)
  await proxy.stop()
})

outage('one key costs one read of its secret, and one validation per cache time', async () => {
  const { key } = await newKey()
  await until('it is known', async () => (await send(single, key)).status === 200)
  const { signatures, credentials } = proxy
  const since = performance.now()
  const sendMany = async () => {
    for (let n = 0; n < STEADY_REQUESTS; n++) assert.is((await send(single, key)).status, 200)
  }
  await until('it is validated again', async () => {
    await sendMany()
    return proxy.signatures > signatures
  })
  await sendMany()
  const cacheTimes = (performance.now() - since) / (1_000 * CACHE_SECONDS)
  // Keystone is asked in the background after three quarters of the caching time.
  assert.ok(proxy.signatures - signatures <= 1 + Math.ceil((4 / 3) * cacheTimes))
  assert.ok(proxy.credentials - credentials <= readsAheadMax())
})

const OUTAGES: Readonly<Record<string, () => Promise<void>>> = {
  'does not answer': async () => {
    proxy.isSilent = true
  },
  'is gone': () => proxy.stop(),
}

for (const [how, begin] of Object.entries(OUTAGES)) {
  outage(`while Keystone ${how}, known keys work and new ones get 503`, async () => {
    const { key } = await newKey()
    const { key: unseen } = await newKey()
    await until('it is known', async () => (await send(single, key)).status === 200)
    await begin()
    const over = performance.now() + 2_000 * CACHE_SECONDS
    while (performance.now() < over) {
      assert.is((await send(single, key)).status, 200)
      assert.equal(await send(single, unseen), {
        ...{ status: 503, type: 'ServiceUnavailable' },
        body: JSON.stringify({
          __type: 'com.amazon.coral.availability#ServiceUnavailable',
          message: 'The service cannot handle the request now. Try it again.',
        }),
      })
      await delay(PROBE_INTERVAL_MS)
    }
    proxy.isSilent = false
    if (how === 'is gone') await proxy.listen()
    await until('it is accepted', async () => (await send(single, unseen)).status === 200)
  })
}

outage.run()
