import * as assert from 'uvu/assert'
import { suite } from '../../../support/suite.ts'
import { answer, type Script } from '../fake-keystone.ts'
import { Ec2Bench } from './ec2-bench.ts'

/** With this many processes, each runs one call per address at a time, and lets 16 wait. */
const WORKERS = 16
const WAITING = 16
const CACHE_MS = 60_000
const DOWN = 'IdentityUnavailableError'
const CROWDED = { address: '10.0.0.1' }

const test = suite('known keys while Keystone does not answer')
let bench: Ec2Bench

test.before.each(async () => {
  bench = await Ec2Bench.start({ workers: WORKERS, http_connect_timeout: 60 })
})

test.after.each(() => bench.stop())

const silent: Script = () => {}
const status =
  (code: number): Script =>
  (_request, response) =>
    answer(response, code, {})

test('an address without a place for another call does not keep a key alive', async () => {
  await bench.verify({}, CROWDED)
  bench.credentials.disable('AKEY')
  bench.keystone.credential = silent
  const crowd = Array.from({ length: 1 + WAITING }, (_, n) =>
    bench.faultOf({ accessKey: `other-${n}` }, CROWDED),
  )
  await bench.untilCalls('credential', 2)
  bench.clock.advance(CACHE_MS)
  for (let n = 0; n < 3; n++) assert.is(await bench.faultOf({}, CROWDED), DOWN)
  assert.is(await bench.faultOf({}, { address: '10.0.0.2' }), 'key_unknown')
  await bench.stop()
  assert.ok((await Promise.all(crowd)).every((fault) => fault === DOWN))
  bench = await Ec2Bench.start()
})

test('keys that have no place to ask are good while Keystone is known to be away', async () => {
  bench = await bench.restart({ workers: WORKERS })
  const keys = ['AKEY', ...Array.from({ length: WAITING }, (_, n) => `KEY${n}`)]
  for (const accessKey of keys) {
    bench.credentials.set(accessKey, 'the secret')
    await bench.verify({ accessKey })
  }
  bench.keystone.signature = silent
  bench.clock.advance(CACHE_MS)
  const faults = await Promise.all(keys.map((accessKey) => bench.faultOf({ accessKey })))
  assert.equal(new Set(faults), new Set(['valid']))
})

test('a failure of Keystone keeps known keys alive; another answer does not', async () => {
  for (const [code, outcome] of [
    [500, 'valid'],
    [503, 'valid'],
    [403, DOWN],
    [400, DOWN],
  ] as const) {
    bench = await bench.restart({})
    await bench.verify()
    bench.keystone.signature = status(code)
    bench.clock.advance(CACHE_MS)
    assert.is(await bench.faultOf(), outcome, `${code}`)
  }
})

test.run()
