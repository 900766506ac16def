import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportSPKI, generateKeyPair, SignJWT } from 'jose'
import * as assert from 'uvu/assert'
import { UnauthorizedError } from '../../../../src/identity/errors.ts'
import { KeystoneAuthenticator } from '../../../../src/identity/keystone/authenticator.ts'
import { JwsCheck } from '../../../../src/identity/keystone/tokens/jws-check.ts'
import { suite } from '../../../support/suite.ts'
import { FakeKeystone, optionsFor } from '../fake-keystone.ts'
import { ManualClock } from '../manual-clock.ts'
import { RecordedLog } from '../recorded-log.ts'

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>

const test = suite('jws check')
let folder: string
let clock: ManualClock
let log: RecordedLog
let check: JwsCheck
let pair: KeyPair

async function publish({ publicKey }: KeyPair, name = 'public.pem'): Promise<void> {
  const path = join(folder, name)
  const hidden = join(folder, '.new')
  writeFileSync(hidden, await exportSPKI(publicKey))
  renameSync(hidden, path)
}

/** Signs a token like Keystone's JWS provider. */
function tokenOf({ privateKey }: KeyPair, expiresInMs = 3_600_000): Promise<string> {
  const seconds = Math.floor((clock.wallMs() + expiresInMs) / 1_000)
  const claims = { sub: 'u1', openstack_methods: ['password'], openstack_project_id: 'p1' }
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
    .setExpirationTime(seconds)
    .sign(privateKey)
}

const unsigned = (header: unknown) =>
  `${Buffer.from(JSON.stringify(header)).toString('base64url')}.e30.c2lnbmF0dXJl`

test.before.each(async () => {
  folder = mkdtempSync(join(tmpdir(), 'magnetodb-jws-'))
  clock = new ManualClock()
  log = new RecordedLog()
  check = new JwsCheck(folder, clock, log)
  pair = await generateKeyPair('ES256', { extractable: true })
  await publish(pair)
})

test.after.each(() => rmSync(folder, { recursive: true }))

test('a JWS token signed by a known key goes to Keystone', async () => {
  assert.is(await check.isForged(await tokenOf(pair), false), false)
})

test('a JWS token signed by no known key is refused', async () => {
  const stranger = await generateKeyPair('ES256')
  const token = await tokenOf(pair)
  const [header, , signature] = token.split('.')
  const claims = Buffer.from('{"sub":"admin"}').toString('base64url')
  const forged = [
    await tokenOf(stranger),
    `${header}.${claims}.${signature}`,
    `${token.slice(0, -4)}AAAA`,
    unsigned({ alg: 'none', typ: 'JWT' }),
    unsigned({ alg: 'HS256', typ: 'JWT' }),
    unsigned({ alg: 'ES256', typ: 'JWT' }),
  ]
  for (const one of forged) assert.is(await check.isForged(one, false), true, one)
})

test('a forged JWS token makes no call to Keystone', async () => {
  const keystone = await FakeKeystone.start()
  const options = optionsFor(keystone, { jws_public_key_repository: folder })
  const authenticator = new KeystoneAuthenticator({ options, log, clock })
  const request = { method: 'GET', path: '/' }
  const forged = await tokenOf(await generateKeyPair('ES256'))
  try {
    await authenticator.authenticate(forged, request)
    assert.unreachable('accepted')
  } catch (error) {
    assert.instance(error, UnauthorizedError)
  }
  assert.is(keystone.calls.length, 0)
  await authenticator.authenticate(await tokenOf(pair), request)
  assert.is(keystone.validations, 1)
  authenticator.close()
  await keystone.stop()
})

test('an expired JWS token is refused unless expired tokens are allowed', async () => {
  const token = await tokenOf(pair, 10_000)
  clock.advance(9_000)
  assert.is(await check.isForged(token, false), false)
  clock.advance(1_000)
  assert.is(await check.isForged(token, false), true)
  assert.is(await check.isForged(token, true), false)
})

test('tokens other than JWS go to Keystone', async () => {
  const others = ['gAAAAABtoken', 'garbage', 'a.b.c', '..', unsigned({ alg: 'ES256' }), 'é.é.é']
  for (const one of others) assert.is(await check.isForged(one, false), false, one)
})

test('added and removed keys are noticed within a second', async () => {
  const second = await generateKeyPair('ES256', { extractable: true })
  const token = await tokenOf(second)
  assert.is(await check.isForged(token, false), true)
  await publish(second, 'second.pem')
  clock.advance(1_000)
  assert.is(await check.isForged(token, false), false)
  assert.is(await check.isForged(await tokenOf(pair), false), false)
  rmSync(join(folder, 'public.pem'))
  clock.advance(1_000)
  assert.is(await check.isForged(token, false), false)
  assert.is(await check.isForged(await tokenOf(pair), false), true)
  await publish(pair, 'second.pem')
  clock.advance(1_000)
  assert.is(await check.isForged(token, false), true, 'replaced under the same name')
})

test('without keys all tokens go to Keystone, and that is logged once', async () => {
  rmSync(join(folder, 'public.pem'))
  assert.is(await check.isForged(await tokenOf(pair), false), false)
  rmSync(folder, { recursive: true })
  for (let n = 0; n < 3; n++) {
    clock.advance(1_000)
    assert.is(await check.isForged(await tokenOf(pair), false), false)
  }
  assert.is(log.lines.filter(({ level }) => level === 'warn').length, 1)
  folder = mkdtempSync(join(tmpdir(), 'magnetodb-jws-'))
})

test('while a key cannot be read no token counts as forged', async () => {
  const stranger = await generateKeyPair('ES256')
  writeFileSync(join(folder, 'broken'), 'not a key')
  assert.is(await check.isForged(await tokenOf(pair), false), false)
  assert.is(await check.isForged(await tokenOf(stranger), false), false)
  assert.is(await check.isForged(await tokenOf(pair, -1_000), false), true, 'expired')
  assert.match(log.text, 'broken')
  rmSync(join(folder, 'broken'))
  clock.advance(1_000)
  assert.is(await check.isForged(await tokenOf(stranger), false), true)
})

test.run()
