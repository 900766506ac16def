import * as assert from 'uvu/assert'
import { HttpClient, HttpError } from '../../../../src/identity/keystone/http-client.ts'
import { LoginRefusedError, logIn } from '../../../../src/identity/keystone/login/service-login.ts'
import type { KeystoneOptions } from '../../../../src/identity/keystone/options.ts'
import { suite } from '../../../support/suite.ts'
import { answer, FakeKeystone, loginBody, optionsFor } from '../fake-keystone.ts'

const test = suite('service-login')
let keystone: FakeKeystone
let http: HttpClient

test.before.each(async () => {
  keystone = await FakeKeystone.start()
  http = new HttpClient({ retriesMax: 0 })
})

test.after.each(async () => {
  http.close()
  await keystone.stop()
})

const NOBODY = {
  ...{ username: undefined, user_domain_id: undefined, password: undefined },
  ...{ project_name: undefined, project_domain_name: undefined },
}

const password: Partial<KeystoneOptions> = {
  auth_type: 'password',
  username: 'magnetodb',
  user_domain_name: 'Default',
  password: 'pw',
  project_name: 'service',
  project_domain_id: 'default',
}

function login(credentials = password) {
  const options = optionsFor(keystone, { ...NOBODY, ...credentials })
  return logIn(http, options, performance.now() + 30_000)
}

test('login by password is scoped to a project', async () => {
  await login()
  assert.is(keystone.calls[0]?.url, '/v3/auth/tokens')
  assert.equal(JSON.parse(keystone.calls[0]?.body ?? ''), {
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: 'magnetodb', domain: { name: 'Default' }, password: 'pw' } },
      },
      scope: { project: { name: 'service', domain: { id: 'default' } } },
    },
  })
})

test('login by application credential takes its id, or name and user', async () => {
  const secret = {
    auth_type: 'v3applicationcredential',
    application_credential_secret: 's',
  } as const
  await login({ ...secret, application_credential_id: 'ac' })
  await login({ ...secret, application_credential_name: 'robot', user_id: 'u1' })
  const sent = keystone.calls.map((call) => JSON.parse(call.body).auth)
  const methods = ['application_credential']
  assert.equal(sent, [
    { identity: { methods, application_credential: { id: 'ac', secret: 's' } } },
    {
      identity: {
        methods,
        application_credential: { name: 'robot', secret: 's', user: { id: 'u1' } },
      },
    },
  ])
})

test("a login returns the token, its life by Keystone's clock, and the catalog", async () => {
  const endpoint = { interface: 'internal', region_id: 'north', url: 'http://k:5000', id: 'e' }
  const body = {
    token: {
      issued_at: '2001-01-01T00:00:00.000000Z',
      expires_at: '2001-01-01T01:00:00.000000Z',
      catalog: [
        { type: 'identity', endpoints: [endpoint, { url: 'ftp://k' }, null] },
        { type: 'compute' },
        'nonsense',
      ],
    },
  }
  keystone.login = (_request, response) => answer(response, 201, body, { 'x-subject-token': 'abc' })
  assert.equal(await login(), {
    token: 'abc',
    lifetimeMs: 3_600_000,
    catalog: [
      {
        type: 'identity',
        endpoints: [{ interface: 'internal', region: 'north', url: 'http://k:5000' }],
      },
      { type: 'compute', endpoints: [] },
      { type: '', endpoints: [] },
    ],
  })
})

test('a refused login differs from an unreachable Keystone', async () => {
  for (const [status, kind] of [
    [401, LoginRefusedError],
    [403, LoginRefusedError],
    [408, LoginRefusedError],
    [429, LoginRefusedError],
    [500, HttpError],
    [503, HttpError],
    [200, HttpError],
    [302, HttpError],
  ] as const) {
    keystone.login = (_request, response) => answer(response, status, 'no')
    const error = await login().catch((cause: unknown) => cause)
    assert.instance(error, kind, String(status))
    assert.match(String(error), String(status))
  }
})

test('a login answer without a token is a failure', async () => {
  const headers = { 'x-subject-token': 'abc' }
  keystone.login = (_request, response) => answer(response, 201, loginBody(60))
  assert.instance(await login().catch((cause: unknown) => cause), HttpError)
  keystone.login = (_request, response) => answer(response, 201, '<html>', headers)
  assert.instance(await login().catch((cause: unknown) => cause), HttpError)
})

test.run()
