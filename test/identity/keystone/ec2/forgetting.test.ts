import * as assert from 'uvu/assert'
import { suite } from '../../../support/suite.ts'
import { answer, type Script } from '../fake-keystone.ts'
import { Ec2Bench } from './ec2-bench.ts'
import { NOT_THERE } from './fake-credentials.ts'

/** A forged request, after which the service reads the secret again. */
const FORGED = { secret: 'wrong' }
const RENEWAL_MS = 1_000

const test = suite('a known key and wrong signatures')
let bench: Ec2Bench

test.before.each(async () => {
  bench = await Ec2Bench.start()
  await bench.verify()
})

test.after.each(() => bench.stop())

async function expectKnown(): Promise<void> {
  const before = bench.keystone.calls.length
  assert.is(await bench.faultOf({ body: 'another' }), 'valid')
  assert.is(bench.keystone.calls.length, before)
}

test('a key stays known while Keystone is asked about its secret', async () => {
  const { credential } = bench.keystone
  let release: () => void = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  bench.keystone.credential = (request, response) =>
    void released.then(() => credential(request, response))
  const forged = bench.faultOf(FORGED)
  await bench.untilCalls('credential', 2)
  await expectKnown()
  release()
  assert.is(await forged, 'mismatch')
  await expectKnown()
})

const status =
  (code: number): Script =>
  (_request, response) =>
    answer(response, code, code === 404 ? NOT_THERE : {})
const NO_ANSWERS: Readonly<Record<string, Script>> = {
  'a closed connection': (request) => void request.destroy(),
  'a failure of its own': status(500),
  'too many requests': status(429),
  'a refusal': status(403),
  'a page of a web server that is not found': (_request, response) =>
    answer(response, 404, '<html>'),
  'an answer that is no credential': (_request, response) => answer(response, 200, {}),
}

for (const [name, script] of Object.entries(NO_ANSWERS)) {
  test(`a key stays known after ${name}`, async () => {
    bench.keystone.credential = script
    for (let n = 0; n < 3; n++) {
      assert.ok(['mismatch', 'IdentityUnavailableError'].includes(await bench.faultOf(FORGED)))
      await expectKnown()
      bench.clock.advance(RENEWAL_MS)
    }
  })
}

test('a key is forgotten when Keystone has another secret, and when it has none', async () => {
  bench.credentials.set('AKEY', 'a new secret')
  await expectKnown()
  assert.is(await bench.faultOf(FORGED), 'mismatch')
  bench.clock.advance(RENEWAL_MS)
  assert.is(await bench.faultOf(), 'mismatch')
  assert.is(await bench.faultOf({ secret: 'a new secret' }), 'valid')
  bench.keystone.credential = status(404)
  bench.clock.advance(RENEWAL_MS)
  assert.is(await bench.faultOf(FORGED), 'key_unknown')
  assert.is(await bench.faultOf({ secret: 'a new secret' }), 'key_unknown')
})

for (const isNoticed of [false, true]) {
  test(`forged requests do not hide a changed secret (refusal noticed: ${isNoticed})`, async () => {
    bench.credentials.areReadable = false
    bench.credentials.set('AKEY', 'a new secret')
    bench.credentials.set('BKEY', 'the secret')
    for (let n = 0; isNoticed && n < 2; n++) await bench.verify({ accessKey: 'BKEY' })
    const forger = { address: '10.0.0.9' }
    for (let n = 0; n < 3; n++) assert.is(await bench.faultOf(FORGED, forger), 'mismatch')
    assert.is(await bench.faultOf({ secret: 'a new secret' }), 'valid')
    assert.is(await bench.faultOf(), 'mismatch')
  })
}

test.run()
