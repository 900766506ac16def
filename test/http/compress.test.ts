import * as assert from 'uvu/assert'
import { compressed } from '../../src/http/compress.ts'
import { suite } from '../support/suite.ts'

const test = suite('compressed answers')

const ANSWER = { status: 200, contentType: 'application/json', body: 'x'.repeat(2_000) }

const isCompressed = async (accepted: string): Promise<boolean> =>
  (await compressed(ANSWER, accepted)).headers?.['Content-Encoding'] === 'gzip'

test('an answer is compressed if Accept-Encoding has gzip with a weight above 0', async () => {
  for (const accepted of [
    ...['gzip', 'GZIP', 'deflate, gzip', 'gzip , br', 'br;q=0.1,\tgzip ;q=1.000', 'gzip; q=0.001'],
    ...['gzip;Q=0.5', 'gzip;q=1.', 'gzip;q=0,gzip'],
  ]) {
    assert.ok(await isCompressed(accepted), accepted)
  }
  for (const accepted of [
    ...['', 'identity', 'deflate', 'xgzip', 'gzipx', 'gzip;q=0', 'gzip;q=0.000', 'gzip;q=2'],
    ...[
      'gzip;q=1.5',
      'gzip;q=',
      'gzip;x=1',
      'gzip;q=1;x=1',
      'gzip;q=0x1',
      `gzip${' '.repeat(16_000)}x`,
    ],
  ]) {
    assert.not(await isCompressed(accepted), accepted.slice(0, 20))
  }
})

test('a short answer is not compressed', async () => {
  const short = { ...ANSWER, body: '{}' }
  assert.is(await compressed(short, 'gzip'), short)
})

test.run()
