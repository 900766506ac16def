import * as assert from 'uvu/assert'
import { suite } from '../../../support/suite.ts'
import { until } from '../../../support/until.ts'
import { Ec2Bench } from './ec2-bench.ts'

const TEN_SECONDS = 10_000

const test = suite('refusals to read secrets that a tenant can cause')
let bench: Ec2Bench

test.before.each(async () => {
  bench = await Ec2Bench.start({ http_connect_timeout: 60 })
  await bench.verify()
})

test.after.each(() => bench.stop())

/** Number of signatures that Keystone verifies for three requests with a new key: one if this
 * process verifies them. */
async function verifiedByKeystone(accessKey: string): Promise<number> {
  bench.credentials.set(accessKey, 'the secret')
  const [before] = bench.calls
  for (let n = 0; n < 3; n++) assert.is(await bench.faultOf({ accessKey, body: `${n}` }), 'valid')
  return bench.calls[0] - before
}

/** Sends requests whose credentials are created just after Keystone was asked for their secrets. */
async function createInBetween(...accessKeys: string[]): Promise<void> {
  const { credential } = bench.keystone
  let waiting = accessKeys.length
  const answers: (() => void)[] = []
  bench.keystone.credential = (request, response) => {
    answers.push(() => credential(request, response))
    if (--waiting > 0) return
    for (const answer of answers) answer()
    for (const accessKey of accessKeys) bench.credentials.set(accessKey, 'the secret')
  }
  const all = await Promise.all(accessKeys.map((accessKey) => bench.faultOf({ accessKey })))
  bench.keystone.credential = credential
  assert.equal(new Set(all), new Set(['valid']))
}

test('a credential created between two calls ends local verification for 10 s only', async () => {
  for (let round = 0; round < 3; round++) {
    await createInBetween(`MADE${round}`, `ALSO${round}`)
    assert.is(await verifiedByKeystone(`DURING${round}`), 3)
    bench.clock.advance(TEN_SECONDS)
    assert.is(await verifiedByKeystone(`AFTER${round}`), 1)
  }
})

test('a credential deleted between two calls ends it for 10 s only', async () => {
  // 11 h 50 min after noon, when the signing keys of the next day are derived.
  bench.clock.advance(42_600_000)
  const { signature } = bench.keystone
  bench.keystone.signature = (request, response) => {
    signature(request, response)
    bench.credentials.delete('GONE')
  }
  bench.credentials.set('GONE', 'the secret')
  assert.is(await bench.faultOf({ accessKey: 'GONE' }), 'valid')
  bench.keystone.signature = signature
  let n = 0
  const isNoticed = async () => (await verifiedByKeystone(`DURING${n++}`)) === 3
  await until('the refusal is noticed', isNoticed)
  bench.clock.advance(TEN_SECONDS)
  assert.is(await verifiedByKeystone('AFTER'), 1)
})

test('a rule that Keystone loses is tried every 10 s, and later every 10 min', async () => {
  bench.credentials.areReadable = false
  bench.credentials.set('BKEY', 'the secret')
  const readsInTenMinutes = async () => {
    const before = bench.calls[1]
    for (let second = 0; second < 600; second++) {
      await bench.verify({ accessKey: 'BKEY' })
      bench.clock.advance(1_000)
    }
    return bench.calls[1] - before
  }
  assert.equal([await readsInTenMinutes(), await readsInTenMinutes()], [60, 1])
})

test.run()
