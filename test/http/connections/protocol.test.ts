import { strict as assert } from 'node:assert'
import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import {
  type InProcessService,
  startService,
  THREAD_TABLE,
  TOKEN,
} from '../../support/in-process-service.ts'
import { requestText } from '../../support/raw-http.ts'
import { suite } from '../../support/suite.ts'
import { protocolRows, TABLES } from './protocol-rows.ts'

/** RFC 9110 and 9112, section by section, over raw sockets. Each row has the bytes sent on one
 * connection and the statuses of all answers. One more request follows each row. It is answered
 * with 200 if the connection stays open and the server has found the end of the row's request. */
const test = suite<{ service: InProcessService }>('RFC 9110 and 9112')

const THREAD = { headers: [TOKEN], body: THREAD_TABLE }
const NEXT = 'GET /healthcheck HTTP/1.1\r\nHost: next\r\nConnection: close\r\n\r\n'

test.before(async (context) => {
  context.service = await startService()
  const { port } = context.service
  const create = requestText(port, { method: 'POST', target: TABLES, ...THREAD })
  const heads = await headsOf(port, create + NEXT)
  assert.deepEqual(heads.map(statusOf), [200, 200])
})

test.after(({ service }) => service.close())

for (const { section, what, sent, statuses, head } of protocolRows()) {
  test(`${section}: ${what}`, async ({ service: { port } }) => {
    const heads = await headsOf(port, sent + NEXT)
    assert.deepEqual(heads.map(statusOf), statuses)
    const final = heads.find((each) => statusOf(each) >= 200) ?? ''
    if (head) assert.equal(head.pattern.test(final), head.isThere, final)
    const [, id = 'no id'] = /^x-openstack-request-id: (\S+)$/m.exec(final) ?? []
    assert.match(id, /^req-/)
  })
}

test('unparsable data logs a line with a request id', async () => {
  const service = await startService()
  const lines = ['rubbish', 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n', `GET /${'a'.repeat(17_000)}`]
  for (const line of lines) {
    const [head = ''] = await headsOf(service.port, `${line}\r\n`)
    const [, id = 'no id'] = /^x-openstack-request-id: (\S+)$/m.exec(head) ?? []
    const shown = `\\[- ${id} - -\\] refused status: ${statusOf(head)} `
    while (!new RegExp(shown).test(service.logText())) await turn()
  }
  await service.close()
})

test.run()

function statusOf(head: string): number {
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(head) ?? []
  return Number(status)
}

/** The heads of all answers in order, with `\n` as line end. */
async function headsOf(port: number, sent: string): Promise<string[]> {
  let text = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(sent, 'latin1')))
    let got = ''
    socket.setEncoding('latin1')
    socket.setTimeout(20_000, () => socket.destroy(new Error(`the connection stays: ${got}`)))
    socket.on('data', (chunk) => {
      got += chunk
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(got))
  })
  const heads: string[] = []
  while (text !== '') {
    const end = text.indexOf('\r\n\r\n')
    assert.notEqual(end, -1, text)
    const head = text.slice(0, end).replaceAll('\r\n', '\n')
    const isHead = sent.startsWith('HEAD ') && heads.length === 0
    const [, length = '0'] = /^Content-Length: (\d+)$/m.exec(head) ?? []
    heads.push(head)
    text = text.slice(end + 4 + (isHead ? 0 : Number(length)))
  }
  return heads
}
