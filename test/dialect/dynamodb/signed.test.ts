import { hash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import * as assert from 'uvu/assert'
import { suite } from '../../support/suite.ts'
import { type SignedService, shown, startSignedService } from './signed-service.ts'

const test = suite('signed requests')
const MISMATCH =
  '400 InvalidSignatureException: The request signature we calculated does not match the ' +
  'signature you provided. Check your AWS Secret Access Key and signing method. Consult the ' +
  'service documentation for details.'
const UNRECOGNISED =
  '400 UnrecognizedClientException: The security token included in the request is invalid.'
const TABLE = JSON.stringify({
  TableName: 'thread',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
})

let service: SignedService

test.before(async () => {
  service = await startSignedService()
})
test.after(() => service.close())

test("a signed request is served for its key's project", async () => {
  const created = await service.call('CreateTable', { body: TABLE })
  assert.is(created.status, 200, created.body)
  assert.is(await service.outcome('ListTables'), '200 {"TableNames":["thread"]}')
  const other = { accessKey: 'BKEY', secret: 'the secret of b' }
  assert.is(await service.outcome('ListTables', other), '200 {"TableNames":[]}')
})

test('a body other than the signed one answers 400, also with a signed hash', async () => {
  const headers = service.sign('ListTables')
  assert.is(shown(await service.send(headers, '{"Limit":1}')), MISMATCH)
  const payloadHash = { 'x-amz-content-sha256': hash('sha256', '{}') }
  const withHash = service.sign('ListTables', { headers: payloadHash })
  assert.match(shown(await service.send(withHash)), /^200 /)
  assert.is(shown(await service.send(withHash, '{"Limit":1}')), MISMATCH)
  const { 'x-amz-content-sha256': _, ...unsigned } = withHash
  assert.match(shown(await service.send(unsigned)), /InvalidSignatureException/)
  const wrong = { ...headers, 'x-amz-content-sha256': hash('sha256', 'other') }
  assert.is(shown(await service.send(wrong)), MISMATCH)
  assert.is(
    shown(await service.send({ ...headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' })),
    MISMATCH,
  )
})

test('the signature of a compressed body covers its compressed bytes', async () => {
  const body = gzipSync('{"Limit":1}')
  const headers = service.sign('ListTables', { body, headers: { 'content-encoding': 'gzip' } })
  const { status } = await service.send(headers, body)
  assert.is(status, 200)
})

test('an unknown operation is reported only to identified callers', async () => {
  assert.is(await service.outcome('Nothing'), '400 UnknownOperationException: ')
  assert.is(await service.outcome('Nothing', { secret: 'wrong' }), MISMATCH)
})

test('each fault of a signature answers 400 with its type and message', async () => {
  assert.is(await service.outcome('ListTables', { secret: 'wrong' }), MISMATCH)
  assert.is(await service.outcome('ListTables', { accessKey: 'nobody' }), UNRECOGNISED)
  const headers = service.sign('ListTables')
  const { authorization = '', 'x-amz-date': date = '' } = headers
  const day = date.slice(0, 8)
  const told = async (change: Record<string, string | undefined>, target = '/') => {
    const changed: Record<string, string> = {}
    for (const [name, value] of Object.entries({ ...headers, ...change })) {
      if (value !== undefined) changed[name] = value
    }
    return shown(await service.send(changed, '{}', target))
  }
  assert.is(
    await told({ authorization: undefined }),
    '400 MissingAuthenticationTokenException: Request is missing Authentication Token',
  )
  assert.is(
    await told({ authorization: 'Basic YTpi' }),
    '400 MissingAuthenticationTokenException: Request is missing Authentication Token',
  )
  assert.is(
    await told({ authorization: 'AWS4-HMAC-SHA256 Credential=a', 'x-amz-date': undefined }),
    "400 IncompleteSignatureException: Authorization header requires 'Signature' parameter. " +
      "Authorization header requires 'SignedHeaders' parameter. Authorization header requires " +
      "existence of either a 'X-Amz-Date' or a 'Date' header. " +
      '(Hashed with SHA-256 and encoded with Base64) ' +
      `Authorization=${hash('sha256', 'AWS4-HMAC-SHA256 Credential=a', 'base64')}`,
  )
  const more = authorization.replace('Credential', 'Other=1, Credential')
  assert.is(
    await told({ authorization: more }),
    '400 IncompleteSignatureException: Invalid key=value pair (missing equal-sign) in ' +
      'Authorization header (hashed with SHA-256 and encoded with Base64): ' +
      `'${hash('sha256', more, 'base64')}'.`,
  )
  assert.is(
    await told({ 'x-amz-date': 'today' }),
    "400 IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got 'today'. " +
      'See http://en.wikipedia.org/wiki/ISO_8601',
  )
  assert.is(
    await told({ authorization: authorization.replace('HMAC', 'RSA') }),
    "400 IncompleteSignatureException: Unsupported AWS 'algorithm': 'AWS4-RSA-SHA256' (only " +
      'AWS4-HMAC-SHA256 for now). ',
  )
  assert.is(
    await told({ authorization: authorization.replace('AKEY/', '') }),
    '400 IncompleteSignatureException: Credential must have exactly 5 slash-delimited elements, ' +
      `e.g. keyid/date/region/service/term, got '${day}/us-east-1/dynamodb/aws4_request'`,
  )
  assert.is(
    await told({ authorization: authorization.replace('/dynamodb/aws4_request', '/s3/aws5') }),
    "400 InvalidSignatureException: Credential should be scoped to correct service: 'dynamodb'. " +
      "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. ",
  )
  assert.is(
    await told({ authorization: authorization.replace('content-type;host;', 'content-type;') }),
    "400 InvalidSignatureException: 'Host' or ':authority' must be a 'SignedHeader' in the AWS " +
      'Authorization.',
  )
  assert.is(
    await told({ 'x-auth-token': 'gAAAA' }),
    "400 InvalidSignatureException: Found both 'X-Auth-Token' and a signature in " +
      "'Authorization' as HTTP headers.",
  )
  assert.is(
    await told({}, '/?a=b'),
    '400 InvalidSignatureException: A signed request must have no query string.',
  )
  assert.is(await told({ 'x-amz-security-token': 'IQoJ' }), UNRECOGNISED)
})

test('a date over 15 minutes off answers 400 with both limits', async () => {
  const told = async (timeMs: number) =>
    (await service.outcome('ListTables', { timeMs })).replaceAll(/\d{8}T\d{6}Z/g, 'DATE')
  assert.is(
    await told(Date.now() - 3_600_000),
    '400 InvalidSignatureException: Signature expired: DATE is now earlier than DATE ' +
      '(DATE - 15 min.)',
  )
  assert.is(
    await told(Date.now() + 3_600_000),
    '400 InvalidSignatureException: Signature not yet current: DATE is still later than DATE ' +
      '(DATE + 15 min.)',
  )
})

test('headers with a forged identity have no effect', async () => {
  const identity = {
    'x-tenant-id': 'p2',
    'x-project-id': 'p2',
    'x-roles': 'admin',
    'x-user-id': 'root',
    'x-identity-status': 'Confirmed',
    'x-is-admin-project': 'True',
    'openstack-system-scope': 'all',
    'x-service-catalog': '{',
  }
  const unsigned = {
    host: `127.0.0.1:${service.port}`,
    'x-amz-target': 'DynamoDB_20120810.ListTables',
  }
  assert.match(
    shown(await service.send({ ...unsigned, ...identity })),
    /MissingAuthenticationTokenException/,
  )
  // The original's vulnerability: with any token, it trusted the headers.
  service.keystone.validation = (_request, response) => void response.writeHead(404).end()
  assert.is(
    shown(await service.send({ ...unsigned, ...identity, 'x-auth-token': 'any' })),
    UNRECOGNISED,
  )
  const signed = { ...service.sign('ListTables'), ...identity }
  assert.is(shown(await service.send(signed)), '200 {"TableNames":["thread"]}')
  const { headers } = await service.send({ ...signed, connection: 'close, x-echo' })
  assert.not.ok([...headers.values()].some((value) => value.includes('x-echo')))
})

test('a key with the role reader may read, and gets 400 for a write', async () => {
  const reader = { accessKey: 'RKEY', secret: 'the secret' }
  service.credentials.set('RKEY', 'the secret')
  service.credentials.setRoles('RKEY', ['reader'])
  assert.is(await service.outcome('ListTables', reader), '200 {"TableNames":["thread"]}')
  const item = { TableName: 'thread', Item: { id: { S: 'a' } }, role: 'admin', project_id: 'p1' }
  assert.match(
    await service.outcome('PutItem', { ...reader, body: JSON.stringify(item) }),
    /^400 AccessDeniedException: /,
  )
})

test('a mutated header answers 400', async () => {
  const headers = service.sign('ListTables')
  const parts = ['', ' ', ',', '=', '/', ';', '\u00e9', '%', '"', 'AWS4-', 'x'.repeat(5_000)]
  for (const name of ['authorization', 'x-amz-date', 'x-amz-target', 'content-type']) {
    const value = headers[name] ?? ''
    const middle = value.length >> 1
    for (const part of parts) {
      const mutants = [part, part + value, value + part]
      mutants.push(value.slice(0, middle) + part + value.slice(middle + 1))
      for (const mutant of mutants) {
        const { status, body } = await service.send({ ...headers, [name]: mutant })
        // White space around a header's value does not belong to it.
        if (mutant.trim() !== value) assert.is(status, 400, `${name}: ${mutant}: ${body}`)
      }
    }
  }
})

test('with Keystone unreachable a signed request answers 503 with Retry-After', async () => {
  const { signature } = service.keystone
  service.keystone.signature = (_request, response) => void response.writeHead(500).end('<html>')
  service.keystone.credential = (_request, response) => void response.writeHead(500).end('<html>')
  service.credentials.set('CKEY', 'the secret')
  const { status, body, headers } = await service.call('ListTables', { accessKey: 'CKEY' })
  assert.is(status, 503)
  assert.match(JSON.parse(body).__type, /ServiceUnavailable$/)
  assert.ok(headers.has('retry-after'))
  service.keystone.signature = signature
})

test.run()
