import * as assert from 'uvu/assert'
import { NotMemcachedError, readReply } from '../../../src/cache/memcached/reply.ts'
import { test } from '../../support/suite.ts'

const read = (text: string) => readReply(Buffer.from(text))

test('a reply of one line is parsed', () => {
  assert.equal(read('STORED\r\nEND\r\n'), { line: 'STORED', end: 8 })
  assert.is(read('SERVER_ERROR out of memory\r\n')?.line, 'SERVER_ERROR out of memory')
})

test('a value has its declared length, whatever bytes are in it', () => {
  const text = 'VALUE tokens/a 0 8\r\nx\r\nEND\r\n\r\nEND\r\nEND\r\n'
  assert.equal(read(text), {
    line: 'VALUE',
    key: 'tokens/a',
    value: Buffer.from('x\r\nEND\r\n'),
    end: text.length - 'END\r\n'.length,
  })
})

test('every prefix of a reply is incomplete', () => {
  const text = 'VALUE a 0 3\r\nä!\r\nEND\r\n'
  const bytes = Buffer.from(text)
  for (let length = 0; length < bytes.length; length++) {
    assert.is(readReply(bytes.subarray(0, length)), undefined, `${length} bytes`)
  }
  assert.is(String(readReply(bytes)?.value), 'ä!')
})

test("a value with other flags than Python's bytes is a miss", () => {
  assert.equal(read('VALUE a 1 1\r\n7\r\nEND\r\n'), { line: 'VALUE', key: 'a', end: 21 })
})

test('a reply that memcached never sends is an error that does not repeat it', () => {
  const longLine = 'x'.repeat(513)
  for (const text of [
    longLine,
    `${longLine}\r\n`,
    'VALUE a 0 1048577\r\n',
    'VALUE a 0 9999999999\r\n',
    'VALUE a 0 1\r\nxy\r\nEND\r\n',
    'VALUE a 0 1\r\nx\r\nVALUE b 0 1\r\nx\r\nEND\r\n',
  ]) {
    assert.throws(
      () => read(text),
      (error: unknown) => error instanceof NotMemcachedError,
    )
  }
})

test.run()
