import * as assert from 'uvu/assert'
import {
  parseRevocationEvent,
  RevocationList,
} from '../../../../src/identity/keystone/revocation/list.ts'
import { suite } from '../../../support/suite.ts'
import { until } from '../../../support/until.ts'
import { answer, type Script, tokenBody } from '../fake-keystone.ts'
import { Ec2Bench } from './ec2-bench.ts'

const test = suite('signatures verified by this process')
let bench: Ec2Bench

test.before.each(async () => {
  bench = await Ec2Bench.start()
})

test.after.each(() => bench.stop())

const broken: Script = (request) => void request.destroy()
const DOWN = 'IdentityUnavailableError'

/** Makes Keystone stop answering. @returns a function that undoes it */
function breakKeystone(): () => void {
  const { signature, credential, login } = bench.keystone
  Object.assign(bench.keystone, { signature: broken, credential: broken, login: broken })
  return () => Object.assign(bench.keystone, { signature, credential, login })
}

test('the first request makes two calls to Keystone, further ones make none', async () => {
  const first = await bench.verify()
  assert.equal([first.projectId, first.userId], ['p1', 'u1'])
  assert.equal(bench.calls, [1, 1])
  for (let i = 0; i < 100; i++) assert.is(await bench.verify({ body: `${i}` }), first)
  assert.equal(bench.calls, [1, 1])
  const lines = bench.log.lines.filter(({ message }) => /EC2 secrets/.test(message))
  assert.equal(
    lines.map(({ level }) => level),
    ['info'],
  )
})

test('100 concurrent first requests make one call of each kind', async () => {
  const requests = Array.from({ length: 100 }, (_, i) => bench.verify({ body: `${i}` }))
  const all = await Promise.all(requests)
  assert.is(new Set(all).size, 1)
  assert.equal(bench.calls, [1, 1])
})

test('forged requests with a key do not delay its first valid request', async () => {
  const forged = Array.from({ length: 20 }, (_, i) => bench.faultOf({ secret: `wrong ${i}` }))
  const right = bench.verify()
  assert.is((await right).projectId, 'p1')
  assert.ok((await Promise.all(forged)).every((fault) => fault === 'mismatch'))
  assert.equal(bench.calls, [1, 1])
})

test('each new region reads the secret once', async () => {
  await bench.verify()
  await bench.verify({ region: 'RegionOne' })
  await bench.verify({ region: 'RegionOne' })
  await bench.verify()
  assert.equal(bench.calls, [1, 2])
})

test('a key keeps a bounded number of signing keys of regions', async () => {
  await bench.verify()
  for (let i = 0; i < 20; i++) await bench.faultOf({ region: `r${i}`, secret: 'wrong' })
  await bench.verify()
  const before = bench.calls[1]
  for (let i = 0; i < 10; i++) await bench.verify({ region: `r${i}` })
  await bench.verify({ region: 'r9' })
  assert.is(bench.calls[1] - before, 10)
})

test('a key is validated again in the background after 45 s, and awaited after 60 s', async () => {
  await bench.verify()
  bench.clock.advance(44_999)
  await bench.verify()
  assert.equal(bench.calls, [1, 1])
  bench.clock.advance(1)
  await bench.verify()
  bench.clock.advance(15_000)
  // If the call is still in flight, this request waits for it.
  await bench.verify()
  assert.equal(bench.calls, [2, 1])
  bench.credentials.disable('AKEY')
  bench.clock.advance(44_999)
  assert.is(await bench.faultOf(), 'valid')
  // A background call is refused first; the request after that may cause one more call.
  await until('it is refused', async () => (await bench.faultOf()) === 'key_unknown')
})

test('a removed role has no effect after a minute', async () => {
  bench.credentials.setRoles('AKEY', ['member', 'reader'])
  assert.ok((await bench.verify()).roles.has('member'))
  bench.credentials.setRoles('AKEY', ['reader'])
  bench.clock.advance(60_000)
  assert.equal([...(await bench.verify()).roles], ['reader'])
})

test('a key with a trust has its roles, and is validated again if it is revoked', async () => {
  const trust = { id: 't1', trustor_user: { id: 'u7' }, trustee_user: { id: 'u8' } }
  const roles = [{ name: 'reader' }]
  bench.keystone.signature = (_request, response) =>
    answer(response, 200, tokenBody({ roles, 'OS-TRUST:trust': trust }))
  assert.equal([...(await bench.verify()).roles], ['reader'])
  const list = new RevocationList()
  const issued_before = '2027-01-01T00:00:00.000000Z'
  const event = parseRevocationEvent({ 'OS-TRUST:trust_id': 't1', issued_before })
  if (event) list.add(event)
  bench.verifier.revoke(list)
  const { calls } = bench
  await bench.verify()
  assert.equal(bench.calls, [calls[0] + 1, calls[1] + 1])
})

test('a key that was unused for a minute is validated before the next request', async () => {
  await bench.verify()
  bench.credentials.disable('AKEY')
  bench.clock.advance(60_000)
  assert.is(await bench.faultOf(), 'key_unknown')
})

test('a forged request does not renew the validation of its key', async () => {
  await bench.verify()
  bench.clock.advance(50_000)
  assert.is(await bench.faultOf({ secret: 'wrong' }), 'mismatch')
  assert.is(bench.calls[0], 1)
})

test('a deleted credential is refused within a minute, and then without calls', async () => {
  await bench.verify()
  bench.credentials.delete('AKEY')
  bench.clock.advance(60_000)
  assert.is(await bench.faultOf(), 'key_unknown')
  assert.is(await bench.faultOf(), 'key_unknown')
  const { calls } = bench
  assert.is(await bench.faultOf(), 'key_unknown')
  assert.equal(bench.calls, calls)
})

test('a changed secret is accepted at once, and the old one then refused', async () => {
  await bench.verify()
  bench.credentials.set('AKEY', 'a new secret')
  assert.is(await bench.faultOf({ secret: 'a new secret' }), 'valid')
  assert.equal(bench.calls, [2, 2])
  bench.clock.advance(1_000)
  assert.is(await bench.faultOf(), 'mismatch')
})

test('a changed secret is accepted although a forged request came first', async () => {
  await bench.verify()
  bench.credentials.set('AKEY', 'a new secret')
  assert.is(await bench.faultOf({ secret: 'forged' }), 'mismatch')
  assert.is(await bench.faultOf({ secret: 'a new secret' }), 'valid')
})

test("a request does not wait for another address's call with the same key", async () => {
  const { credential } = bench.keystone
  let readings = 0
  bench.keystone.credential = (request, response) => {
    if (readings++ > 0) credential(request, response)
  }
  const forged = bench.verify({ secret: 'forged' }, { address: '10.0.0.1' }).catch(() => undefined)
  await bench.untilCalls('credential', 1)
  assert.is((await bench.verify({}, { address: '10.0.0.2' })).projectId, 'p1')
  await forged
})

test('a changed secret invalidates the signing keys of all regions', async () => {
  await bench.verify()
  await bench.verify({ region: 'r2' })
  bench.credentials.set('AKEY', 'a new secret')
  assert.is(await bench.faultOf({ secret: 'a new secret', region: 'r3' }), 'valid')
  assert.is(await bench.faultOf(), 'mismatch')
  assert.is(await bench.faultOf({ region: 'r2' }), 'mismatch')
})

test('an old secret is refused after the caching time if the new one is not used', async () => {
  await bench.verify()
  bench.credentials.set('AKEY', 'a new secret')
  assert.is(await bench.faultOf(), 'valid')
  bench.clock.advance(60_000)
  assert.is(await bench.faultOf(), 'key_unknown')
  assert.is(await bench.faultOf(), 'mismatch')
})

test('wrong signatures with a known key make one call per second', async () => {
  await bench.verify()
  for (let i = 0; i < 50; i++) assert.is(await bench.faultOf({ secret: `wrong ${i}` }), 'mismatch')
  assert.equal(bench.calls, [1, 2])
  bench.clock.advance(1_000)
  for (let i = 0; i < 50; i++) assert.is(await bench.faultOf({ secret: `wrong ${i}` }), 'mismatch')
  assert.equal(bench.calls, [1, 3])
})

test('while Keystone does not answer, known keys work for token_cache_time', async () => {
  await bench.verify()
  const mend = breakKeystone()
  bench.clock.advance(60_000)
  assert.is(await bench.faultOf(), 'valid')
  const { length } = bench.keystone.calls
  for (let i = 0; i < 10; i++) assert.is(await bench.faultOf(), 'valid')
  assert.is(bench.keystone.calls.length, length, 'it is left alone for five seconds')
  assert.is(await bench.faultOf({ secret: 'wrong' }), DOWN)
  bench.clock.advance(239_999)
  assert.is(await bench.faultOf(), 'valid')
  bench.clock.advance(1)
  assert.is(await bench.faultOf(), DOWN)
  assert.is(await bench.faultOf({ accessKey: 'BKEY' }), DOWN)
  mend()
  bench.clock.advance(5_000)
  assert.is(await bench.faultOf(), 'valid')
})

test('if secrets may not be read, each request is a call, and a warning is logged', async () => {
  bench.credentials.areReadable = false
  await bench.verify()
  assert.equal(bench.calls, [1, 1])
  for (let i = 0; i < 5; i++) await bench.verify()
  assert.equal(bench.calls, [6, 1])
  assert.is(await bench.faultOf({ secret: 'wrong' }), 'mismatch')
  const warnings = bench.log.lines.filter(({ message }) => /each signed request/.test(message))
  assert.equal([warnings.length, warnings[0]?.level], [1, 'warn'])
  bench.credentials.areReadable = true
  bench.clock.advance(599_999)
  await bench.verify()
  assert.is(bench.calls[1], 1)
  bench.clock.advance(1)
  await bench.verify()
  await bench.verify()
  assert.equal(bench.calls, [9, 2])
})

test('an unknown key does not count as a refusal to read secrets', async () => {
  assert.is(await bench.faultOf({ accessKey: 'nobody' }), 'key_unknown')
  await bench.verify()
  await bench.verify()
  assert.equal(bench.calls, [2, 2])
})

test('if reading secrets is forbidden later, a changed secret still takes effect', async () => {
  await bench.verify()
  bench.credentials.areReadable = false
  bench.credentials.set('AKEY', 'a new secret')
  assert.is(await bench.faultOf({ secret: 'a new secret' }), 'valid')
  assert.is(await bench.faultOf({ secret: 'a new secret' }), 'valid')
  assert.is(await bench.faultOf(), 'mismatch')
})

test('with an application credential, or with 0 seconds, no secret is read', async () => {
  const login = { auth_type: 'v3applicationcredential', application_credential_id: 'a' } as const
  for (const options of [login, { ec2_secret_cache_seconds: 0 }]) {
    bench = await bench.restart({ ...options, application_credential_secret: 's' })
    await bench.verify()
    bench.clock.advance(700_000)
    await bench.verify()
    assert.equal(bench.calls, [2, 0])
  }
})

test('the signing key of the next day is derived before midnight', async () => {
  // 11 h 48 min after noon.
  bench.clock.advance(42_480_000)
  await bench.verify()
  for (let minute = 0; minute < 5; minute++) {
    bench.clock.advance(60_000)
    await bench.verify()
  }
  await bench.untilCalls('credential', 2)
  for (let minute = 0; minute < 10; minute++) {
    bench.clock.advance(60_000)
    await bench.verify()
  }
  assert.ok(bench.clock.wallMs() > Date.UTC(2030, 0, 2))
  assert.is(bench.calls[1], 2)
})

test('a revocation evicts the keys of its user', async () => {
  await bench.verify()
  bench.credentials.disable('AKEY')
  const news = (user_id: string) => {
    const list = new RevocationList()
    const event = parseRevocationEvent({ user_id, issued_before: '2027-01-01T00:00:00.000000Z' })
    if (event) list.add(event)
    return list
  }
  bench.verifier.revoke(news('somebody else'))
  assert.is(await bench.faultOf(), 'valid')
  bench.verifier.revoke(news('u1'))
  assert.is(await bench.faultOf(), 'key_unknown')
})

test("a credential with another project than Keystone's answer is not recognized", async () => {
  const { credential } = bench.keystone
  bench.keystone.credential = (request, response) => {
    bench.credentials.set('AKEY', 'the secret', 'p2')
    credential(request, response)
    bench.credentials.set('AKEY', 'the secret', 'p1')
  }
  assert.is(await bench.faultOf(), 'key_unknown')
})

test("an answer that is not this key's EC2 credential counts as an outage", async () => {
  const blob = JSON.stringify({ access: 'AKEY', secret: 'the secret' })
  for (const credential of [
    { type: 'totp', project_id: 'p1', blob },
    { type: 'ec2', project_id: 'p1', blob: JSON.stringify({ access: 'OTHER', secret: 'x' }) },
    { type: 'ec2', project_id: 'p1', blob: '{' },
    { type: 'ec2', blob },
    null,
  ]) {
    bench.keystone.credential = (_request, response) => answer(response, 200, { credential })
    assert.is(await bench.faultOf(), DOWN)
  }
})

test('no secret is logged', async () => {
  await bench.verify()
  await bench.faultOf({ secret: 'wrong' })
  breakKeystone()
  await bench.faultOf({ accessKey: 'other' })
  assert.not.match(bench.log.text, /the secret|service-secret/)
})

test.run()
