import * as assert from 'uvu/assert'
import { UnauthorizedError } from '../../../../src/identity/errors.ts'
import { KeystoneAuthenticator } from '../../../../src/identity/keystone/authenticator.ts'
import { HttpClient } from '../../../../src/identity/keystone/http-client.ts'
import { ServiceToken } from '../../../../src/identity/keystone/login/service-token.ts'
import type { RevocationList } from '../../../../src/identity/keystone/revocation/list.ts'
import { RevocationPoller } from '../../../../src/identity/keystone/revocation/poller.ts'
import { revocableTraits } from '../../../../src/identity/keystone/revocation/traits.ts'
import { suite } from '../../../support/suite.ts'
import { answer, FakeKeystone, optionsFor, tokenBody } from '../fake-keystone.ts'
import { ManualClock } from '../manual-clock.ts'
import { RecordedLog } from '../recorded-log.ts'

const test = suite('revocation poller')
let keystone: FakeKeystone
let clock: ManualClock
let log: RecordedLog
let http: HttpClient
let poller: RevocationPoller
let news: RevocationList[]
let events: Readonly<Record<string, unknown>>[]

const event = (values: Readonly<Record<string, unknown>>) => {
  const at = new Date(clock.wallMs()).toISOString()
  return { issued_before: at, revoked_at: at, ...values }
}
const urls = () => keystone.calls.filter(({ kind }) => kind === 'revocations').map(({ url }) => url)

test.before.each(async () => {
  keystone = await FakeKeystone.start()
  clock = new ManualClock()
  log = new RecordedLog()
  http = new HttpClient({ retriesMax: 0 })
  news = []
  events = []
  keystone.revocations = (_request, response) => answer(response, 200, { events })
  openPoller(false)
})

function openPoller(isShared: boolean): void {
  const serviceToken = new ServiceToken({ http, options: optionsFor(keystone), clock, log })
  poller = new RevocationPoller({
    ...{ http, serviceToken, clock, log, requestTimeoutMs: 30_000, cacheTimeMs: 300_000, isShared },
    onRevoked: (list) => news.push(list),
  })
}

test.after.each(async () => {
  poller.close()
  http.close()
  await keystone.stop()
})

test('the first poll asks for events of cached tokens, later ones for new events', async () => {
  const start = clock.wallMs()
  await poller.poll()
  clock.advance(10_000)
  events = [event({ audit_id: 'a' })]
  await poller.poll()
  await poller.poll()
  const since = (ms: number) =>
    `/v3/OS-REVOKE/events?since=${encodeURIComponent(new Date(ms - 60_000).toISOString())}`
  assert.equal(urls(), [since(start - 300_000), since(start - 300_000), since(start + 10_000)])
})

test('a repeated event is reported once', async () => {
  events = [event({ audit_id: 'a' })]
  await poller.poll()
  await poller.poll()
  assert.is(news.length, 1)
  events = [...events, event({ audit_id: 'b' })]
  await poller.poll()
  assert.is(news.length, 2)
  assert.is(news[1]?.size, 1)
  assert.is(poller.events.size, 2)
})

test('an event is kept as long as a token may be cached', async () => {
  events = [event({ audit_id: 'a' })]
  await poller.poll()
  events = []
  clock.advance(360_000)
  await poller.poll()
  assert.is(poller.events.size, 1)
  clock.advance(1)
  await poller.poll()
  assert.is(poller.events.size, 0)
})

test('with memcached all events are requested and kept', async () => {
  openPoller(true)
  events = [event({ audit_id: 'a' })]
  await poller.poll()
  events = []
  clock.advance(86_400_000)
  await poller.poll()
  assert.is(poller.events.size, 1)
  assert.is(urls()[0], '/v3/OS-REVOKE/events')
})

test('revocations count as known for token_cache_time after an answer', async () => {
  assert.is(poller.areKnown, false)
  await poller.poll()
  clock.advance(300_000)
  assert.is(poller.areKnown, true)
  clock.advance(1)
  assert.is(poller.areKnown, false)
  keystone.revocations = (_request, response) => answer(response, 500, {})
  await poller.poll()
  assert.is(poller.areKnown, false)
})

test('if an answer is too long, every older token is suspect', async () => {
  keystone.revocations = (_request, response) => answer(response, 200, 'x'.repeat(2_100_000))
  await poller.poll()
  const issued_at = (ms: number) => new Date(clock.wallMs() + ms).toISOString()
  for (const list of [poller.events, news[0]]) {
    assert.is(list?.match(revocableTraits({ issued_at: issued_at(0) })), 'suspect')
    assert.is(list?.match(revocableTraits({ issued_at: issued_at(1) })), undefined)
  }
  assert.equal(log.lines.at(-1)?.fields, { reason: 'the answer is too long' })
})

test('a poll outage is logged once at its start and once at its end', async () => {
  const healthy = keystone.revocations
  keystone.revocations = (_request, response) => answer(response, 403, {})
  await poller.poll()
  await poller.poll()
  keystone.revocations = (_request, response) => answer(response, 200, { events: 'none' })
  await poller.poll()
  keystone.revocations = healthy
  await poller.poll()
  await poller.poll()
  assert.equal(
    log.lines.map(({ level }) => level),
    ['info', 'warn', 'info'],
  )
})

test("a revoked token that Keystone's cache still accepts is refused", async () => {
  const options = optionsFor(keystone)
  const authenticator = new KeystoneAuthenticator({ options, log, clock })
  keystone.validation = (asked, response) => {
    const token = String(asked.headers['x-subject-token'])
    answer(response, 200, tokenBody({ audit_ids: [token] }))
  }
  events = [event({ audit_id: 'revoked' })]
  await authenticator.open()
  const request = { method: 'GET', path: '/' }
  assert.is((await authenticator.authenticate('other', request)).userId, 'u1')
  try {
    await authenticator.authenticate('revoked', request)
    assert.unreachable('accepted')
  } catch (error) {
    assert.instance(error, UnauthorizedError)
  } finally {
    authenticator.close()
  }
})

test.run()
