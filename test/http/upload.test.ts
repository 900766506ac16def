import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { messageOf } from '../../src/dialect/magnetodb/messages.ts'
import { BodyTimeoutError, CallerGoneError } from '../../src/http/body.ts'
import { NodeExchange } from '../../src/http/node-exchange.ts'
import { LINES_TYPE, Upload } from '../../src/http/upload.ts'
import type { MagnetoDBError } from '../../src/model/errors.ts'
import { stopwatch } from '../scheduled-time.ts'
import { closeOf, parseAnswer, sendRaw } from '../support/raw-http.ts'
import { test } from '../support/suite.ts'
import { serverParts } from './server-parts.ts'

const TIMES = { idleSecondsMax: 1, totalSecondsMax: 60, drainSecondsMax: 1 }
let times = TIMES
const lifecycle = { draining: false }
const parts = serverParts({ lifecycle })
let server: Server
let port: number
/** Handles the next upload. */
let work: (upload: Upload) => Promise<string>
let failure: unknown

test.before(async () => {
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const exchange = new NodeExchange(incoming, outgoing, parts)
    const upload = new Upload(exchange, lifecycle, times)
    work(upload)
      .then(
        (body) => upload.finish(body),
        (error: unknown) => {
          failure = error
          if (outgoing.headersSent) {
            outgoing.destroy()
            return
          }
          exchange.send({ status: 408, contentType: 'text/plain', body: 'cut off', headers: CLOSE })
        },
      )
      .finally(() => upload.close())
  }
  server = createServer(listener)
  server.on('checkContinue', listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

test.before.each(() => {
  times = TIMES
  failure = undefined
  lifecycle.draining = false
})

test.after(() => {
  server.closeAllConnections()
  server.close()
})

const CLOSE = { Connection: 'close' }
const HEAD = 'POST / HTTP/1.1\r\nHost: localhost\r\n'

async function bytesOf(upload: Upload): Promise<number> {
  let bytes = 0
  for await (const chunk of upload.chunks()) bytes += chunk.length
  return bytes
}

function open(text: string): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(text))
  socket.on('error', () => {})
  return socket
}

async function textOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  await closeOf(socket)
  return text
}

async function untilDrained(socket: Socket): Promise<void> {
  if (socket.writableNeedDrain) await once(socket, 'drain')
}

/** Resolves when the client of the first test, who reads nothing, is disconnected. */
let muteClosed: Promise<unknown>

test('an upload ends although its client never reads the last line', async () => {
  const connected = once(server, 'connection')
  work = async (upload) => {
    upload.showProgress()
    await bytesOf(upload)
    return 'x'.repeat(32 * 2 ** 20)
  }
  open(`${HEAD}Content-Length: 5\r\n\r\nhello`)
  const [socket] = (await connected) as [Socket]
  muteClosed = closeOf(socket)
  await once(server, 'request')
})

test('an upload gets the whole body, and the connection stays open', async () => {
  work = async (upload) => `${await bytesOf(upload)}`
  const chunks = Array.from({ length: 50 }, (_, i) => `${(i + 1).toString(16)}\r\n`)
  const chunked = chunks.map((head, i) => `${head}${'x'.repeat(i + 1)}\r\n`).join('')
  const { text } = await sendRaw(
    port,
    `${HEAD}Content-Length: 5\r\n\r\nhello`,
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunked}0\r\n\r\n`,
    `${HEAD}Content-Length: 0\r\n\r\n`,
    `${HEAD}Content-Length: 3\r\nConnection: close\r\n\r\nbye`,
  )
  assert.equal(
    text.match(/\r\n\r\n\d+/g),
    ['5', '1275', '0', '3'].map((n) => `\r\n\r\n${n}`),
  )
})

test('an upload that stalls answers 408', async () => {
  work = async (upload) => `${await bytesOf(upload)}`
  const answer = await sendRaw(port, `${HEAD}Content-Length: 50\r\n\r\nhello`)
  assert.is(answer.status, 408)
  assert.instance(failure, BodyTimeoutError)
})

test('a client that the upload does not read from is not idle', async () => {
  let goOn = () => {}
  work = async (upload) => {
    let bytes = 0
    for await (const chunk of upload.chunks()) {
      bytes += chunk.length
      if (bytes !== 5) continue
      await new Promise((resolve) => setTimeout(resolve, 1_800))
      goOn()
    }
    return `${bytes}`
  }
  const socket = open(`${HEAD}Content-Length: 10\r\nConnection: close\r\n\r\nhello`)
  const text = textOf(socket)
  goOn = () => socket.write('world')
  assert.is(parseAnswer(await text).body, '10')
})

test('an upload ends after its total time', async () => {
  times = { ...TIMES, totalSecondsMax: 2 }
  work = async (upload) => `${await bytesOf(upload)}`
  const socket = open(`${HEAD}Content-Length: 5000\r\n\r\n`)
  const timer = setInterval(() => socket.write('x'), 200)
  const answer = parseAnswer(await textOf(socket))
  clearInterval(timer)
  assert.is(answer.status, 408)
  assert.instance(failure, BodyTimeoutError)
})

test('a draining process ends an upload that is not complete', async () => {
  work = async (upload) => `${await bytesOf(upload)}`
  const socket = open(`${HEAD}Content-Length: 5000\r\n\r\n`)
  const timer = setInterval(() => socket.write('x'), 200)
  const text = textOf(socket)
  lifecycle.draining = true
  await text
  clearInterval(timer)
  assert.match(messageOf((failure as MagnetoDBError).reason), 'about to end')
})

test('a client that disconnects ends the upload', async () => {
  const gone = new Promise<unknown>((resolve) => {
    work = async (upload) => {
      const error = await bytesOf(upload).catch((cause: unknown) => cause)
      resolve(error)
      throw error
    }
  })
  const socket = open(`${HEAD}Content-Length: 50\r\n\r\nhello`)
  await once(socket, 'connect')
  setTimeout(() => socket.destroy(), 50)
  assert.instance(await gone, CallerGoneError)
})

test('while an upload does not read, the client cannot send', async () => {
  let go = (): void => {}
  const going = new Promise<void>((resolve) => {
    go = resolve
  })
  let received = 0
  work = async (upload) => {
    for await (const chunk of upload.chunks()) {
      received += chunk.length
      await going
    }
    return `${received}`
  }
  const total = 50 * 1024 * 1024
  const socket = open(`${HEAD}Content-Length: ${total}\r\nConnection: close\r\n\r\n`)
  const text = textOf(socket)
  await once(socket, 'connect')
  const part = Buffer.alloc(1024 * 1024)
  let sent = 0
  const sending = (async () => {
    for (; sent < total; sent += part.length) {
      socket.write(part)
      await untilDrained(socket)
    }
  })()
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.ok(sent < 20 * 1024 * 1024, `${sent} bytes were taken`)
  assert.ok(received < 1024 * 1024)
  go()
  await sending
  assert.is(parseAnswer(await text).body, `${total}`)
})

test('progress reports come every second, the answer last', async () => {
  work = async (upload) => {
    upload.showProgress()
    upload.report('{"n":0}')
    let n = 0
    for await (const chunk of upload.chunks()) {
      n += chunk.length
      upload.report(`{"n":${n}}`)
    }
    return '{"end":true}'
  }
  const socket = open(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`)
  let text = ''
  const times: number[] = []
  const watch = stopwatch()
  socket.on('data', (chunk) => {
    times.push(watch())
    text += chunk
  })
  while (!text.includes('{"n":5}')) await once(socket, 'data')
  socket.write('5\r\nworld\r\n')
  while (!text.includes('{"n":10}')) await once(socket, 'data')
  socket.write('0\r\n\r\n')
  while (!text.endsWith('\r\n0\r\n\r\n')) await once(socket, 'data')
  assert.match(text, `Content-Type: ${LINES_TYPE}`)
  const lines: readonly string[] = text.match(/\{.*\}/g) ?? []
  assert.equal([...new Set(lines)].slice(-3), ['{"n":5}', '{"n":10}', '{"end":true}'])
  const gaps = times.slice(1).map((time, i) => time - (times[i] ?? 0))
  const median = gaps.sort((one, other) => one - other)[gaps.length >> 1] ?? Infinity
  assert.ok(median < 5_000, `${median} ms between two reports`)
  work = async (upload) => `${await bytesOf(upload)}`
  text = ''
  socket.write(`${HEAD}Content-Length: 3\r\nConnection: close\r\n\r\nbye`)
  await closeOf(socket)
  assert.is(parseAnswer(text).body, '3')
})

test('unread progress reports cost no memory', async () => {
  let outgoing: { writableLength: number } | undefined
  server.once('request', (_incoming, response) => {
    outgoing = response
  })
  work = async (upload) => {
    upload.showProgress()
    upload.report('x'.repeat(4 * 2 ** 20))
    const bytes = await bytesOf(upload)
    upload.report('')
    return `${bytes}`
  }
  const socket = open(`${HEAD}Content-Length: 5000\r\n\r\n`)
  socket.pause()
  const timer = setInterval(() => socket.write('x'), 200)
  let largest = 0
  const watch = setInterval(() => {
    largest = Math.max(largest, outgoing?.writableLength ?? 0)
  }, 100)
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  clearInterval(timer)
  clearInterval(watch)
  socket.destroy()
  // At most two reports wait, beside the system's buffers.
  assert.ok(largest < 9 * 2 ** 20, `${largest} bytes wait`)
})

test('a client that sends all before it reads gets an answer in mid-upload', async () => {
  const parts = 16
  const part = Buffer.alloc(2 ** 20, 'x')
  for (const expect of ['', 'Expect: 100-continue\r\n']) {
    work = async (upload) => {
      for await (const _ of upload.chunks()) throw new Error('refused')
      return ''
    }
    const socket = open(`${HEAD}${expect}Content-Length: ${parts * part.length}\r\n\r\n`)
    const errors: Error[] = []
    socket.on('error', (error) => errors.push(error))
    await once(socket, expect ? 'readable' : 'connect')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    for (let i = 0; i < parts && errors.length === 0; i++) {
      socket.write(part)
      await Promise.race([untilDrained(socket), closed])
    }
    const answer = parseAnswer(
      (await textOf(socket)).replace(/^HTTP\/1.1 100 Continue\r\n\r\n/, ''),
    )
    assert.equal(errors, [], expect)
    assert.is(answer.status, 408)
    assert.is(answer.body, 'cut off')
  }
})

test('a client that does not read the last line is cut off', async () => {
  await muteClosed
})

test.run()
