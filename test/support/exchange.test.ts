import { once } from 'node:events'
import { Agent } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { exchange, repeated } from './exchange.ts'
import { suite } from './suite.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

interface Context {
  /** How the server handles each request, in order. After the last one it cuts the connection. */
  answers: ((socket: Socket) => void)[]
  /** Connections so far. */
  connections: number
  server: Server
  agent: Agent
  url: string
}
const test = suite<Context>('HTTP exchange')

test.before.each(async (context) => {
  context.answers = []
  context.connections = 0
  context.agent = new Agent({ keepAlive: true, maxSockets: 1 })
  context.server = createServer((socket) => {
    context.connections++
    socket.on('error', () => {})
    socket.on('data', () => (context.answers.shift() ?? cut)(socket))
  })
  context.server.listen(0, '127.0.0.1')
  await once(context.server, 'listening')
  context.url = `http://127.0.0.1:${(context.server.address() as AddressInfo).port}/`
  repeated.count = 0
})

test.after.each(({ agent, server }) => {
  agent.destroy()
  server.close()
})

const ok = (socket: Socket) => socket.write(OK)
const cut = (socket: Socket) => socket.resetAndDestroy()
const beginAndCut = (socket: Socket) => socket.write('HTTP/1.1 2', () => cut(socket))

test('a repeatable request on a kept connection that is reset is sent again', async (context) => {
  const { url, agent } = context
  context.answers = [ok, cut, ok]
  await exchange({ url, agent, repeatable: true })
  const { status, body } = await exchange({ url, agent, repeatable: true })
  assert.equal([status, body, repeated.count, context.connections], [200, 'ok', 1, 2])
})

const CASES: readonly [what: string, answers: Context['answers'], repeatable: boolean][] = [
  ['two connections are reset in a row', [ok, cut, cut, ok], true],
  ['an answer had begun', [ok, beginAndCut, ok], true],
  ['it may not be done twice', [ok, cut, ok], false],
]
for (const [what, answers, repeatable] of CASES) {
  test(`a request fails if ${what}`, async (context) => {
    const { url, agent } = context
    context.answers = [...answers]
    await exchange({ url, agent, repeatable })
    const error = await exchange({ url, agent, repeatable }).catch((reason: unknown) => reason)
    assert.is(Object(error).code, 'ECONNRESET')
    assert.is(repeated.count, answers.length - 3)
  })
}

test('a request on a new connection that is reset fails', async ({ url, agent }) => {
  const error = await exchange({ url, agent, repeatable: true }).catch((reason: unknown) => reason)
  assert.is(Object(error).code, 'ECONNRESET')
  assert.is(repeated.count, 0)
})

test.run()
