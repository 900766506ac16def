import { connect } from 'node:net'
import { crc32, deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import * as assert from 'uvu/assert'
import { type InProcessService, startService, TOKEN } from '../../support/in-process-service.ts'
import { ask, sendRaw } from '../../support/raw-http.ts'
import { suite } from '../../support/suite.ts'
import { send, signedBy } from './dynamodb-client.ts'

const wire = suite('the DynamoDB wire over HTTP')
const TARGET = 'X-Amz-Target: DynamoDB_20120810.ListTables'

let service: InProcessService

wire.before(async () => {
  service = await startService()
})
wire.after(() => service.close())

wire('an answer has a request id and the right checksum', async () => {
  const { status, headers, body } = await send(service.port, 'ListTables', '{}')
  assert.is(status, 200)
  assert.is(body, '{"TableNames":[]}')
  assert.is(headers.get('content-type'), 'application/x-amz-json-1.0')
  assert.is(headers.get('x-amz-crc32'), `${crc32(body)}`)
  assert.match(headers.get('x-amzn-requestid') ?? '', /^req-/)
})

wire('an error has a request id, a checksum and a type with its namespace', async () => {
  const { status, headers, body } = await send(service.port, 'ListTables', '{"Limit":0}')
  assert.is(status, 400)
  assert.equal(JSON.parse(body), {
    __type: 'com.amazon.coral.validate#ValidationException',
    message:
      "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: " +
      'Member must have value greater than or equal to 1',
  })
  assert.is(headers.get('x-amz-crc32'), `${crc32(body)}`)
})

wire('an answer has the content type of its request', async () => {
  const headers = [signedBy('p1'), 'Content-Type: application/json; charset=utf-8']
  const answer = await send(service.port, 'ListTables', '{}', headers)
  assert.is(answer.headers.get('content-type'), 'application/json')
})

wire('an access key or a token identifies the caller', async () => {
  await ask(service.port, {
    ...{ method: 'POST', target: '/v1/data/p7/tables', headers: ['X-Auth-Token: ann:p7'] },
    body: JSON.stringify({
      table_name: 'of_p7',
      attribute_definitions: [{ attribute_name: 'id', attribute_type: 'S' }],
      key_schema: [{ attribute_name: 'id', key_type: 'HASH' }],
    }),
  })
  const shown = async (header: string) =>
    (await send(service.port, 'ListTables', '{}', [header])).body
  assert.is(await shown(signedBy('p7')), '{"TableNames":["of_p7"]}')
  assert.is(await shown('X-Auth-Token: bob:p7'), '{"TableNames":["of_p7"]}')
  assert.is(await shown(TOKEN), '{"TableNames":[]}')
})

wire('a missing or invalid credential answers 400 with its error type', async () => {
  const typeOf = async (headers: readonly string[]) =>
    JSON.parse((await send(service.port, 'ListTables', '{}', headers)).body).__type.split('#')[1]
  assert.is(await typeOf([]), 'MissingAuthenticationTokenException')
  assert.is(await typeOf(['Authorization: Basic YTpi']), 'MissingAuthenticationTokenException')
  assert.is(await typeOf([signedBy('a$b')]), 'UnrecognizedClientException')
  assert.is(await typeOf(['X-Auth-Token: rubbish']), 'UnrecognizedClientException')
})

wire('an unknown operation answers 400 UnknownOperationException', async () => {
  const { status, body } = await send(service.port, 'ExecuteStatement', '{}')
  assert.is(status, 400)
  assert.is(JSON.parse(body).__type, 'com.amazon.coral.service#UnknownOperationException')
  const untargeted = await ask(service.port, { method: 'POST', target: '/', headers: [TOKEN] })
  assert.is(
    JSON.parse(untargeted.body).__type,
    'com.amazon.coral.service#UnknownOperationException',
  )
})

wire('a body of another form answers 400 SerializationException', async () => {
  const limits = ['"1"', '[1]', '1,"Limit":2', '2147483648', '-1e99'].map(
    (each) => `{"Limit":${each}}`,
  )
  for (const body of ['', '{', '[]', ...limits]) {
    const answer = await send(service.port, 'ListTables', body)
    assert.is(answer.status, 400, body)
    assert.is(
      JSON.parse(answer.body).__type,
      'com.amazon.coral.service#SerializationException',
      body,
    )
  }
})

wire('gzip and deflate bodies are read; a wrong encoding answers 400', async () => {
  const typeOf = async (encoding: string, body: Buffer) => {
    const head =
      `POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${TARGET}\r\n` +
      `${signedBy('p1')}\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`
    const answer = await sendRaw(service.port, head, body)
    return JSON.parse(answer.body).__type?.split('#')[1] ?? answer.status
  }
  const limit = '{"Limit":0}'
  assert.is(await typeOf('gzip', gzipSync(limit)), 'ValidationException')
  assert.is(await typeOf('deflate', deflateSync(limit)), 'ValidationException')
  assert.is(await typeOf('gzip', Buffer.from(limit)), 'SerializationException')
  assert.is(await typeOf('br', Buffer.from(limit)), 'SerializationException')
})

wire('a body that inflates to 17 MiB answers 413', async () => {
  const body = gzipSync(Buffer.alloc(17 * 1024 * 1024, ' '))
  const head =
    `POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${TARGET}\r\n` +
    `${signedBy('p1')}\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`
  assert.is((await sendRaw(service.port, head, body)).status, 413)
})

wire('a long answer is compressed if Accept-Encoding allows it', async () => {
  for (let i = 0; i < 40; i++) {
    await ask(service.port, {
      ...{ method: 'POST', target: '/v1/data/p8/tables', headers: ['X-Auth-Token: ann:p8'] },
      body: JSON.stringify({
        table_name: `table_with_a_long_name_${i}`,
        attribute_definitions: [{ attribute_name: 'id', attribute_type: 'S' }],
        key_schema: [{ attribute_name: 'id', key_type: 'HASH' }],
      }),
    })
  }
  const bytes = await bytesOf(service.port, [signedBy('p8'), 'Accept-Encoding: deflate, gzip'])
  const end = bytes.indexOf('\r\n\r\n')
  const [head, body] = [bytes.subarray(0, end).toString(), bytes.subarray(end + 4)]
  assert.match(head, /\r\nContent-Encoding: gzip\r\n/)
  assert.match(head, new RegExp(`\r\nx-amz-crc32: ${crc32(body)}\r\n`))
  assert.is(JSON.parse(gunzipSync(body).toString()).TableNames.length, 40)
  const refused = await bytesOf(service.port, [signedBy('p8'), 'Accept-Encoding: gzip;q=0'])
  assert.not.match(refused.toString(), /Content-Encoding/)
})

wire('GET / with a host of DynamoDB answers its health check', async () => {
  const get = (host: string) => ask(service.port, { target: '/', headers: [`Host: ${host}`] })
  assert.is((await get('dynamodb.example.org')).body, 'healthy: dynamodb.example.org ')
  assert.match((await get('localhost')).body, /"versions"/)
})

wire('only configured origins get CORS headers', async () => {
  const open = await startService('[dynamodb]\ncors_allowed_origins = https://app.example.org\n')
  try {
    const asking = (origin: string) => ({
      ...{ method: 'OPTIONS', target: '/' },
      headers: [
        `Origin: ${origin}`,
        'Access-Control-Request-Method: POST',
        'Access-Control-Request-Headers: authorization,x-amz-date,x-amz-target',
      ],
    })
    const allowed = await ask(open.port, asking('https://app.example.org'))
    assert.is(allowed.status, 204)
    assert.is(allowed.headers.get('access-control-allow-origin'), 'https://app.example.org')
    assert.match(allowed.headers.get('access-control-allow-headers') ?? '', 'x-amz-target')
    const origin = 'Origin: https://app.example.org'
    const answer = await send(open.port, 'ListTables', {}, [signedBy('p1'), origin])
    assert.is(answer.headers.get('access-control-allow-origin'), 'https://app.example.org')
    const other = await ask(open.port, asking('https://evil.example.org'))
    assert.is(other.headers.get('access-control-allow-origin'), undefined)
  } finally {
    await open.close()
  }
  const closed = await send(service.port, 'ListTables', {}, [signedBy('p1'), 'Origin: https://x.y'])
  assert.is(closed.headers.get('access-control-allow-origin'), undefined)
})

wire.run()

/** The response's bytes, since a body may not be text. */
function bytesOf(port: number, headers: readonly string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const lines = ['POST / HTTP/1.1', 'Host: localhost', 'Connection: close', TARGET, ...headers]
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`${lines.join('\r\n')}\r\nContent-Length: 2\r\n\r\n{}`)
    })
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => resolve(Buffer.concat(chunks)))
  })
}
