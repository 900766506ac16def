import * as assert from 'uvu/assert'
import { suite } from '../../../support/suite.ts'
import { answer } from '../fake-keystone.ts'
import { Ec2Bench } from './ec2-bench.ts'

const TEN_MINUTES = 600_000
const GRANTED = /may read EC2 secrets/
const REFUSED = /each signed request is a call/

const test = suite('secrets read by a system reader')
let bench: Ec2Bench

test.before.each(async () => {
  bench = await Ec2Bench.start({ http_connect_timeout: 60 })
  bench.credentials.areReadable = false
  bench.keystone.hasSystemRole = true
})

test.after.each(() => bench.stop())

function systemLogins(): number {
  const { calls } = bench.keystone
  return calls.filter(({ kind, body }) => kind === 'login' && body.includes('"system"')).length
}

/** The scopes of the tokens with which secrets were read. */
function readersOfSecrets(): string[] {
  const { calls } = bench.keystone
  const reads = calls.filter(({ kind }) => kind === 'credential')
  return reads.map(({ headers }) => String(headers['x-auth-token']).replace(/-\d+$/, ''))
}

function logged(pattern: RegExp) {
  return bench.log.lines.filter(({ message }) => pattern.test(message))
}

test('a refused secret is read with a token for the system, once for a key', async () => {
  for (let n = 0; n < 20; n++) await bench.verify({ body: `${n}` })
  assert.equal(readersOfSecrets(), ['service', 'system'])
  assert.equal([bench.calls, systemLogins()], [[2, 2], 1])
  const lines = logged(GRANTED)
  assert.equal(
    lines.map(({ level, fields }) => [level, fields.scope]),
    [['info', 'system']],
  )
  assert.is(logged(REFUSED).length, 0)
})

test('all else is asked with the token for the project', async () => {
  for (let n = 0; n < 3; n++) await bench.verify({ region: `r${n}` })
  bench.clock.advance(60_000)
  await bench.verify()
  const others = bench.keystone.calls.filter(({ kind }) => kind === 'signature')
  assert.ok(others.length > 1)
  assert.ok(others.every(({ headers }) => headers['x-auth-token'] === 'service-1'))
})

test('100 keys at once cause one login to the system, at their second requests', async () => {
  await bench.verify()
  const names = Array.from({ length: 100 }, (_, n) => `KEY${n}`)
  for (const name of names) bench.credentials.set(name, 'the secret')
  await Promise.all(names.map((accessKey) => bench.verify({ accessKey })))
  assert.equal([systemLogins(), bench.calls[1]], [0, 1])
  await Promise.all(names.map((accessKey) => bench.verify({ accessKey })))
  assert.equal([systemLogins(), bench.calls[1]], [1, 101])
})

test('strangers cause no reads, which would take Keystone long', async () => {
  for (let n = 0; n < 2; n++) await bench.verify()
  const before = bench.calls[1]
  for (let n = 0; n < 30; n++) {
    assert.is(await bench.faultOf({ accessKey: `invented${n}` }), 'key_unknown')
  }
  bench.credentials.set('BKEY', 'the secret')
  assert.is(await bench.faultOf({ accessKey: 'BKEY', secret: 'forged' }), 'mismatch')
  assert.is(bench.calls[1], before)
})

test('without a role on the system one login is tried in ten minutes', async () => {
  bench.keystone.hasSystemRole = false
  for (let round = 1; round <= 3; round++) {
    for (let n = 0; n < 30; n++) assert.is(await bench.faultOf({ body: `${n}` }), 'valid')
    assert.equal([systemLogins(), bench.calls], [round, [30 * round, round]])
    bench.clock.advance(TEN_MINUTES)
  }
  assert.equal([logged(REFUSED).length, logged(GRANTED).length], [1, 0])
  assert.is(logged(/cannot log in/).length, 0)
})

test('after a 429 to the login to the system, Keystone verifies for 10 seconds', async () => {
  const { login } = bench.keystone
  bench.keystone.login = (request, response) => {
    const isSystem = bench.keystone.calls.at(-1)?.body.includes('"system"') === true
    if (isSystem) answer(response, 429, {})
    else login(request, response)
  }
  for (let n = 0; n < 5; n++) assert.is(await bench.faultOf({ body: `${n}` }), 'valid')
  assert.equal([systemLogins(), logged(REFUSED).length], [1, 0])
  const [failure] = logged(/cannot log in/)
  assert.match(String(failure?.fields.reason), /429/)
  bench.keystone.login = login
  bench.clock.advance(10_000)
  for (let n = 5; n < 10; n++) assert.is(await bench.faultOf({ body: `${n}` }), 'valid')
  assert.equal([systemLogins(), logged(GRANTED).length], [2, 1])
})

test('many keys at once without a role on the system are all good', async () => {
  bench.keystone.hasSystemRole = false
  await bench.verify()
  const names = Array.from({ length: 30 }, (_, n) => `KEY${n}`)
  for (const name of names) bench.credentials.set(name, 'the secret')
  for (const logins of [0, 1, 1]) {
    const faults = await Promise.all(names.map((accessKey) => bench.faultOf({ accessKey })))
    assert.equal([new Set(faults), systemLogins()], [new Set(['valid']), logins])
  }
})

test('a role on the system that shows no secrets is no use', async () => {
  bench.credentials.areReadableForSystem = false
  for (let n = 0; n < 5; n++) await bench.verify()
  assert.equal(readersOfSecrets(), ['service', 'system'])
  assert.is(logged(REFUSED).length, 1)
})

test('with a rule of Keystone no login to the system is tried, whoever asks', async () => {
  bench.credentials.areReadable = true
  assert.is(await bench.faultOf({ accessKey: 'nobody' }), 'key_unknown')
  assert.is(await bench.faultOf({ secret: 'wrong' }), 'mismatch')
  for (let n = 0; n < 5; n++) await bench.verify()
  assert.is(await bench.faultOf({ accessKey: 'nobody else' }), 'key_unknown')
  bench.credentials.delete('AKEY')
  bench.clock.advance(60_000)
  assert.is(await bench.faultOf(), 'key_unknown')
  assert.is(systemLogins(), 0)
})

test('a rule that Keystone gets later is found within ten minutes', async () => {
  for (let n = 0; n < 3; n++) await bench.verify()
  bench.credentials.areReadable = true
  bench.clock.advance(TEN_MINUTES)
  bench.credentials.set('BKEY', 'the secret')
  await bench.verify({ accessKey: 'BKEY' })
  assert.equal(readersOfSecrets(), ['service', 'system', 'service'])
})

test('a role on the system that is taken away ends in requests through Keystone', async () => {
  for (let n = 0; n < 2; n++) await bench.verify()
  bench.keystone.hasSystemRole = false
  bench.keystone.credential = (_request, response) => answer(response, 401, {})
  bench.clock.advance(5_000)
  bench.credentials.set('BKEY', 'the secret')
  for (let n = 0; n < 5; n++) assert.is(await bench.faultOf({ accessKey: 'BKEY' }), 'valid')
  assert.equal([systemLogins(), logged(REFUSED).length], [2, 1])
})

test('the token for the system is renewed when it has expired', async () => {
  for (let n = 0; n < 2; n++) await bench.verify()
  bench.clock.advance(3_600_000)
  // After this time the project token is tried again, and is refused.
  await bench.verify({ region: 'r1' })
  assert.is(await bench.faultOf({ region: 'r2' }), 'valid')
  assert.equal(readersOfSecrets(), ['service', 'system', 'service', 'system'])
  assert.is(systemLogins(), 2)
})

test('keys that are in use get the signing key of the next day from it', async () => {
  for (let n = 0; n < 2; n++) await bench.verify()
  // 11 h 50 min after noon.
  bench.clock.advance(42_600_000)
  for (let minute = 0; minute < 9; minute++) {
    await bench.verify()
    bench.clock.advance(60_000)
    await new Promise(setImmediate)
  }
  await bench.untilCalls('credential', 4)
  await bench.verify()
  const { calls } = bench
  bench.clock.advance(60_000)
  await bench.verify()
  assert.is(bench.calls[1], calls[1])
  assert.ok(bench.clock.wallMs() >= Date.UTC(2030, 0, 2))
})

test('no token or secret is logged', async () => {
  for (let n = 0; n < 2; n++) await bench.verify()
  bench.keystone.hasSystemRole = false
  bench.clock.advance(4_000_000)
  for (let n = 0; n < 3; n++) await bench.faultOf({ region: `r${n}` })
  assert.not.match(bench.log.text, /the secret|service-secret|system-\d|service-\d/)
})

test.run()
