import * as assert from 'uvu/assert'
import { IdentityUnavailableError } from '../../../../src/identity/errors.ts'
import { SignatureError } from '../../../../src/identity/sigv4/signature-error.ts'
import { suite } from '../../../support/suite.ts'
import { answer, type Script, tokenBody } from '../fake-keystone.ts'
import { Ec2Bench } from './ec2-bench.ts'
import { NOT_THERE } from './fake-credentials.ts'

const test = suite('signatures through Keystone')
let bench: Ec2Bench

test.before.each(async () => {
  bench = await Ec2Bench.start({ ec2_secret_cache_seconds: 0 })
})

test.after.each(() => bench.stop())

const status =
  (code: number, body: unknown = {}): Script =>
  (_request, response) =>
    answer(response, code, body)

test('each request makes one call, which returns the identity', async () => {
  for (let calls = 1; calls <= 3; calls++) {
    const identity = await bench.verify()
    assert.equal([identity.projectId, identity.userId], ['p1', 'u1'])
    assert.is(bench.keystone.signatures, calls)
  }
  assert.is(bench.keystone.credentials, 0)
})

test('Keystone gets only signed headers, three of them in the case that it requires', async () => {
  const headers = { 'x-amz-meta': 'a   b', cookie: 'c', 'x-roles': 'admin' }
  const names = ['content-type', 'host', 'x-amz-date', 'x-amz-meta', 'x-amz-target']
  await bench.verify({ headers, signed: names })
  const call = bench.keystone.calls.find(({ kind }) => kind === 'signature')
  const { credentials } = JSON.parse(call?.body ?? '')
  assert.equal(Object.keys(credentials.headers).sort(), [
    'Authorization',
    'Host',
    'X-Amz-Date',
    'content-type',
    'x-amz-meta',
    'x-amz-target',
  ])
  assert.is(credentials.headers['x-amz-meta'], 'a b')
  assert.equal([credentials.verb, credentials.path, credentials.params], ['POST', '/', {}])
  assert.equal([credentials.access, credentials.host], ['AKEY', '127.0.0.1:8480'])
  assert.match(credentials.body_hash, /^e3b0c442/)
  assert.is(call?.headers['x-auth-token'], 'service-1')
  assert.is(call?.headers['openstack-identity-access-rules'], '1')
})

test('a wrong signature is a mismatch, and an unknown key is not recognized', async () => {
  assert.is(await bench.faultOf({ secret: 'wrong' }), 'mismatch')
  assert.is(await bench.faultOf({ accessKey: 'nobody' }), 'key_unknown')
})

test('an unknown key is refused for ten seconds without a call', async () => {
  await bench.faultOf({ accessKey: 'nobody' })
  const { signatures } = bench.keystone
  assert.is(await bench.faultOf({ accessKey: 'nobody' }), 'key_unknown')
  assert.throws(
    () => bench.verifier.admitBody(bench.claim({ accessKey: 'nobody' }), {}),
    (error: unknown) => error instanceof SignatureError,
  )
  assert.is(bench.keystone.signatures, signatures)
  bench.credentials.set('nobody', 'the secret', 'p2')
  bench.clock.advance(10_000)
  assert.is((await bench.verify({ accessKey: 'nobody' })).projectId, 'p2')
})

test('any other answer of Keystone is a 503, and its log line has the reason', async () => {
  const cases: readonly (readonly [Script, RegExp])[] = [
    [status(403), /role `service`/],
    [status(500, '<html>'), /500/],
    [status(400), /400/],
    [status(404, 'no such page'), /ec2tokens/],
    [status(200, {}), /not a token/],
    [status(200, tokenBody({ roles: [{}] })), /not a token/],
    [(request) => void request.destroy(), /./],
  ]
  for (const [script, message] of cases) {
    bench.keystone.signature = script
    const error = await bench.errorOf()
    assert.instance(error, IdentityUnavailableError)
    assert.match((error as Error).message, message)
  }
  assert.match(bench.log.text, /role `service`/)
})

test("a Keystone that does not answer is a 503 within the token's time limit", async () => {
  bench = await bench.restart({ ec2_secret_cache_seconds: 0, http_connect_timeout: 3 })
  await bench.verify()
  bench.keystone.signature = () => {}
  const before = performance.now()
  assert.instance(await bench.errorOf(), IdentityUnavailableError)
  assert.ok(performance.now() - before < 60_000)
})

test("a 401 for the service's own token renews it and repeats the request", async () => {
  const { signature } = bench.keystone
  bench.keystone.signature = (request, response) => {
    if (request.headers['x-auth-token'] === 'service-1') return answer(response, 401, {})
    return signature(request, response)
  }
  bench.keystone.validation = (request, response) => {
    const isGood = request.headers['x-auth-token'] !== 'service-1'
    return answer(response, isGood ? 200 : 401, isGood ? tokenBody() : {})
  }
  await bench.authenticator.open()
  bench.clock.advance(5_000)
  assert.is((await bench.verify()).projectId, 'p1')
  assert.is(bench.keystone.logins, 2)
})

test('wrong signatures do not make the service log in again', async () => {
  for (let i = 0; i < 5; i++) assert.is(await bench.faultOf({ secret: `wrong ${i}` }), 'mismatch')
  assert.equal([bench.keystone.logins, bench.keystone.signatures], [1, 5])
  // One check of the service's own token serves all five.
  assert.is(bench.keystone.validations, 1)
})

test('a key without project is refused, and access rules apply', async () => {
  bench.keystone.signature = status(200, tokenBody({ project: undefined }))
  assert.is(((await bench.errorOf()) as Error).name, 'ForbiddenScopeError')
  const rules = (path: string, method = 'POST') => ({
    application_credential: { access_rules: [{ service: 'kv-storage', method, path }] },
  })
  bench.keystone.signature = status(200, tokenBody(rules('/')))
  assert.is((await bench.verify()).projectId, 'p1')
  for (const other of [rules('/v1/**'), rules('/', 'GET'), rules('/x')]) {
    bench.keystone.signature = status(200, tokenBody(other))
    assert.is(await bench.faultOf(), 'key_unknown')
  }
})

test('one address uses at most half of the calls to Keystone', async () => {
  bench = await bench.restart({ ec2_secret_cache_seconds: 0, workers: 4, http_connect_timeout: 60 })
  let release: () => void = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  bench.keystone.signature = (_request, response) =>
    void released.then(() => answer(response, 200, tokenBody()))
  const asked = Array.from({ length: 10 }, () => bench.verify({}, { address: '10.0.0.1' }))
  await bench.untilCalls('signature', 4)
  const other = bench.verify({}, { address: '10.0.0.2' })
  await bench.untilCalls('signature', 5)
  assert.is(bench.keystone.signatures, 5)
  release()
  await Promise.all([...asked, other])
})

test('after many wrong signatures an address cannot send bodies with unknown keys', async () => {
  const from = { address: '10.0.0.1' }
  const stranger = { name: '10.0.0.1', isStranger: true }
  const unknown = bench.claim({ accessKey: 'new' })
  await bench.verify()
  for (let i = 0; i < 50; i++) {
    assert.equal(bench.verifier.admitBody(unknown, from), stranger)
    if (i % 2 === 0) bench.verifier.failed(from)
    else await bench.verify({ secret: 'wrong' }, from).catch(() => undefined)
  }
  assert.throws(
    () => bench.verifier.admitBody(unknown, from),
    (error: unknown) => error instanceof IdentityUnavailableError,
  )
  // A failing address is treated as unknown even with a known key.
  assert.equal(bench.verifier.admitBody(bench.claim(), from), stranger)
  // Under a known key, each address has its own share in the project's.
  assert.equal(bench.verifier.admitBody(bench.claim(), { address: '10.0.0.2' }), {
    name: 'p1 10.0.0.2',
    isStranger: false,
  })
  bench.clock.advance(1_000)
  assert.equal(bench.verifier.admitBody(unknown, from), stranger)
})

test("behind a trusted proxy an unknown caller's share is that of its own address", async () => {
  bench = await bench.restart({ trusted_proxies: ['10.0.0.1/32'] })
  const from = { address: '10.0.0.1', forwardedFor: '9.9.9.9' }
  assert.equal(bench.verifier.admitBody(bench.claim(), from), { name: '9.9.9.9', isStranger: true })
})

test('a key of a missing project, for which Keystone answers 404, is not recognized', async () => {
  bench.keystone.signature = status(404, NOT_THERE)
  assert.is(await bench.faultOf(), 'key_unknown')
})

test.run()
