import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { Gate } from '../../../src/http/connections/gate.ts'
import { RequestQueue } from '../../../src/http/connections/request-queue.ts'
import { ask } from '../../support/raw-http.ts'
import { test } from '../../support/suite.ts'
import { serverParts, wireWith } from '../server-parts.ts'

class TooMuch extends RequestQueue {
  override admit(): 'refuse' {
    return 'refuse'
  }
}

const gate = new Gate(serverParts({ queue: new TooMuch() }), ({ outgoing }) => {
  outgoing.end('served')
})
const server = createServer(gate.listener)

test.before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
test.after(() => new Promise<void>((resolve) => server.close(() => resolve())))

test('under too much load only health checks are served, however a path is spelt', async () => {
  const { port } = server.address() as AddressInfo
  const statusOf = async (target: string) => (await ask(port, { target })).status
  assert.is(await statusOf('/healthcheck?fullcheck=true'), 200)
  for (const path of ['/v1/data/p/tables', '/%76%31/data/p/tables', '/', '/healthchecks']) {
    assert.is(await statusOf(path), 503, path)
    assert.is(await statusOf(`http://elsewhere${path}`), 503, path)
  }
})

test('what is pipelined is not begun before the answer ahead is taken, and bounded', async () => {
  const begun: ServerResponse[] = []
  const { listener } = new Gate(serverParts(), ({ outgoing }) => begun.push(outgoing))
  let come = 0
  const held = createServer((incoming, outgoing) => {
    come++
    listener(incoming, outgoing)
  })
  await new Promise<void>((resolve) => held.listen(0, '127.0.0.1', resolve))
  const { port } = held.address() as AddressInfo
  const socket = connect(port, '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  socket.resume()
  const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
  socket.write(request.repeat(3))
  while (come < 3) await turn()
  assert.is(begun.length, 1)
  begun[0]?.end('first')
  while (begun.length < 2) await turn()
  socket.write(request.repeat(70))
  await closed
  assert.is(begun.length, 2)
  held.close()
})

test('a wire that throws while its requests are told apart is answered with 500', async () => {
  const owns = () => {
    throw new Error('nobody foresaw this')
  }
  const parts = serverParts({ wires: [wireWith({ owns })] })
  const broken = createServer(new Gate(parts, () => {}).listener)
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve))
  const { port } = broken.address() as AddressInfo
  assert.is((await ask(port, { target: '/v1/data/p/tables' })).status, 500)
  broken.close()
})

test.run()
