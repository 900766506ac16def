import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import * as assert from 'uvu/assert'
import { Inflater } from '../../../src/http/inflate.ts'
import { suite } from '../../support/suite.ts'

const test = suite('inflater')

const BYTES_MAX = 16 * 1024 * 1024
const compressed = promisify(gzip)

test('a small body is inflated before the many large ones of another share', async () => {
  const large = await compressed(Buffer.alloc(BYTES_MAX))
  const small = await compressed('{}')
  const inflater = new Inflater()
  const ended: string[] = []
  const inflate = async (share: string, bytes: Buffer): Promise<void> => {
    await inflater.inflate(share, bytes, 'gzip', BYTES_MAX)
    ended.push(share)
  }
  const neighbours = Array.from({ length: 12 }, () => inflate('neighbour', large))
  await Promise.all([...neighbours, inflate('stranger', small)])
  assert.ok(ended.indexOf('stranger') <= 2, ended.join())
  assert.is(ended.length, 13)
})

test.run()
