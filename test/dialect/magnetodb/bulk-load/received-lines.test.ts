import * as assert from 'uvu/assert'
import {
  LINE_BYTES_MAX,
  receivedLines,
} from '../../../../src/dialect/magnetodb/bulk-load/received-lines.ts'
import { messageOf as sentenceOf } from '../../../../src/dialect/magnetodb/messages.ts'
import { MagnetoDBError } from '../../../../src/model/errors.ts'
import { finished } from '../../../../src/model/steps.ts'
import type { LoadLine } from '../../../../src/operations/batches/load-window.ts'
import { shown } from '../../../engine/short-items.ts'
import { seeded } from '../../../seeded.ts'
import { test } from '../../../support/suite.ts'

async function* stream(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield chunk
}

async function linesOf(...chunks: Buffer[]): Promise<LoadLine[]> {
  const lines: LoadLine[] = []
  for await (const some of receivedLines(stream(chunks))) lines.push(...some)
  return lines
}

function messageOf(line: LoadLine | undefined): string {
  try {
    if (line) finished(line.decode())
    return 'decoded'
  } catch (error) {
    assert.instance(error, MagnetoDBError)
    return sentenceOf((error as MagnetoDBError).reason)
  }
}

test('lines are the same for any chunks of the body', async () => {
  const random = seeded('lines of a body')
  for (let run = 0; run < 200; run++) {
    const parts = Array.from({ length: random.below(30) }, () =>
      random.pick(['', '{"h":{"S":"é😀"}}', 'x'.repeat(random.below(300)), '\r', '{}']),
    )
    const text = parts.join('\n') + random.pick(['', '\n'])
    const bytes = Buffer.from(text)
    const chunks: Buffer[] = []
    for (let i = 0; i < bytes.length; ) {
      const size = 1 + random.below(random.pick([1, 3, 40, 2000]))
      chunks.push(bytes.subarray(i, i + size))
      i += size
    }
    const expected = text.match(/[^\n]*\n|[^\n]+$/g) ?? []
    const lines = await linesOf(...chunks)
    assert.equal(
      lines.map((line) => line.text()),
      [...expected],
    )
    assert.equal(
      lines.map((line) => line.bytes),
      expected.map((line) => Buffer.byteLength(line)),
    )
  }
})

test('a line of a bulk load is an item in typed JSON', async () => {
  const [line] = await linesOf(Buffer.from('{"h":{"S":"a"},"n":{"N":"1.0"}} \r\n'))
  assert.is(line && shown(finished(line.decode())), '{"h":{"S":"a"},"n":{"N":"1"}}')
})

test('a line that is no item fails', async () => {
  const lines = await linesOf(Buffer.from('\n\r\n{"h":1}\n[]\n{"h":{"S":"a"}\nnull\n"x"\n'))
  assert.equal(lines.slice(0, 4).map(messageOf), [
    'The line is empty',
    'The line is empty',
    "Wrong 'h' type. Object is expected, but 1 found",
    "Wrong 'item' type. Object is expected, but [] found",
  ])
  for (const line of lines.slice(4)) assert.is.not(messageOf(line), 'decoded')
  assert.is(lines.length, 7)
})

test('a line of the maximum length is read, a longer one fails and is cut', async () => {
  const body = (length: number) => Buffer.from(`${'x'.repeat(length - 1)}\n{}\n`)
  const chunks = (bytes: Buffer) =>
    Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, i) =>
      bytes.subarray(i * 65_536, (i + 1) * 65_536),
    )
  const [whole, second] = await linesOf(...chunks(body(LINE_BYTES_MAX)))
  assert.is(whole?.bytes, LINE_BYTES_MAX)
  assert.is(whole?.text().length, LINE_BYTES_MAX)
  assert.is(second?.text(), '{}\n')
  const rest = [Buffer.from('{'), Buffer.from('}\n')]
  const [long, next, cut] = await linesOf(...chunks(body(3 * LINE_BYTES_MAX)), ...rest)
  assert.ok((long?.bytes ?? Infinity) < 10_000)
  assert.match(long?.text() ?? '', /^x{1000}\.\.\.$/)
  assert.is(messageOf(long), `The line exceeds ${LINE_BYTES_MAX} bytes`)
  assert.is(next?.text(), '{}\n')
  assert.is(cut?.text(), '{}\n')
  assert.is(cut && shown(finished(cut.decode())), '{}')
})

test.run()
