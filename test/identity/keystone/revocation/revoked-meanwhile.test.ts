import * as assert from 'uvu/assert'
import { CallLimits } from '../../../../src/identity/keystone/call-limits.ts'
import { HttpClient } from '../../../../src/identity/keystone/http-client.ts'
import { KeystoneCalls } from '../../../../src/identity/keystone/keystone-calls.ts'
import { OutageLog } from '../../../../src/identity/keystone/log.ts'
import { ServiceToken } from '../../../../src/identity/keystone/login/service-token.ts'
import {
  parseRevocationEvent,
  RevocationList,
} from '../../../../src/identity/keystone/revocation/list.ts'
import { TokenVerifier } from '../../../../src/identity/keystone/tokens/token-verifier.ts'
import { test } from '../../../support/suite.ts'
import { answer, FakeKeystone, optionsFor, tokenBody } from '../fake-keystone.ts'
import { ManualClock } from '../manual-clock.ts'
import { RecordedLog } from '../recorded-log.ts'

let keystone: FakeKeystone
let serviceToken: ServiceToken
const http = new HttpClient({ retriesMax: 0 })
const clock = new ManualClock()
const log = new RecordedLog()
const use = { addressOf: () => '10.0.0.1', allowExpired: false }

test.before(async () => {
  keystone = await FakeKeystone.start()
  serviceToken = new ServiceToken({ http, options: optionsFor(keystone), clock, log })
})

test.after(async () => {
  http.close()
  await keystone.stop()
})

/** A verifier that validates a token while a revocation for this user arrives. */
async function validatedMeanwhile(userId: string): Promise<TokenVerifier> {
  const revocations = new RevocationList()
  const limits = new CallLimits(1, () => clock.monotonicMs())
  const outages = new OutageLog(log, () => clock.monotonicMs())
  const verifier = new TokenVerifier({
    ...{ http, serviceToken, clock },
    revocations: { areKnown: true, match: (token) => revocations.match(token) },
    ...{ requestTimeoutMs: 30_000, shared: undefined, jws: undefined },
    ...{ cacheTimeMs: 300_000, sharedCacheTimeMs: 30_000 },
    ...{ limits, calls: new KeystoneCalls(limits, outages) },
  })
  keystone.validation = (_request, response) => {
    const event = { user_id: userId, issued_before: '2026-02-01T00:00:00.000000Z' }
    const news = parseRevocationEvent(event)
    assert.ok(news)
    revocations.add(news)
    verifier.revoke(revocations)
    answer(response, 200, tokenBody())
  }
  await verifier.verify('good', use)
  return verifier
}

test('a validation from before a revocation is not cached', async () => {
  const verifier = await validatedMeanwhile('u1')
  keystone.validation = (_request, response) => answer(response, 404, {})
  const outcome = await Promise.resolve(verifier.verify('good', use)).catch((error) => error)
  assert.is(outcome.name, 'UnauthorizedError')
})

test('a validation without a matching revocation is cached', async () => {
  const verifier = await validatedMeanwhile('u2')
  assert.ok(verifier.known('good', false))
})

test('a validation after a revocation of its user is cached', async () => {
  const verifier = await validatedMeanwhile('u1')
  keystone.validation = (_request, response) => answer(response, 200, tokenBody())
  await verifier.verify('good', use)
  assert.ok(verifier.known('good', false))
})

test.run()
