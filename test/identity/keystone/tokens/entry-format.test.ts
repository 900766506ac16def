import * as assert from 'uvu/assert'
import { entryFormats } from '../../../../src/identity/keystone/tokens/entry-format.ts'
import { test } from '../../../support/suite.ts'

/** Keys and values that keystonemiddleware 13.0.1 makes from these, with 0, 1, 2 … as random
 * bytes. */
const TOKEN = 'a token'
const SECRET = 'a secret'
const TEXT = '{"token": {"a": 1}}'
const MAC_VALUE =
  '/YT1hA4BebD7wJGpzqj7PZUFUK4XvrpoUQuD+MRntG5R7DrqaoEFDz7ZOpSPpUdq' +
  'eyJ0b2tlbiI6IHsiYSI6IDF9fQ=='
const ENCRYPT_VALUE =
  'p8UAumDYreWoppCvK0PKVqVudE512fXDk/x7rc7fsU1S3GRaIBvHCY0GgaIafkSG' +
  'AAECAwQFBgcICQoLDA0OD4xm/zk6Fz+Hq4CWYTRsbUHOqJuWTos9EMKtGHD+dYWs'

test("without a strategy an entry is the text, its key the token's digest", () => {
  const { key, encode, decode } = entryFormats('None', '')(TOKEN)
  assert.is(key, 'tokens/e3316e2bafebb6103a3418e8778c0adc960d40213a03a7e7f4fcd3426ed807bf')
  assert.is(encode(TEXT), TEXT)
  assert.is(decode(TEXT), TEXT)
})

test("MAC entries equal keystonemiddleware's", () => {
  const { key, encode, decode } = entryFormats('MAC', SECRET)(TOKEN)
  assert.is(key, "tokens/b'kl1e1EftLrq+CLiqXcq34Q=='")
  assert.is(encode(TEXT), MAC_VALUE)
  assert.is(decode(MAC_VALUE), TEXT)
})

test("ENCRYPT entries equal keystonemiddleware's", () => {
  const { key, encode, decode } = entryFormats('ENCRYPT', SECRET)(TOKEN)
  assert.is(key, "tokens/b'JIAy8br9Wpm4UhXdsfcA9A=='")
  assert.is(decode(ENCRYPT_VALUE), TEXT)
  assert.is(decode(encode(TEXT)), TEXT)
  assert.is.not(encode(TEXT), encode(TEXT), 'each time with other random bytes')
})

test('an entry of another token, secret or strategy is not read', () => {
  const strangers = [
    entryFormats('MAC', SECRET)('another token'),
    entryFormats('MAC', 'another secret')(TOKEN),
    entryFormats('ENCRYPT', SECRET)(TOKEN),
  ]
  for (const { decode } of strangers) assert.is(decode(MAC_VALUE), undefined)
  assert.is(entryFormats('MAC', SECRET)(TOKEN).decode(ENCRYPT_VALUE), undefined)
})

test('an entry with a flipped bit, or cut short, is not read', () => {
  for (const [strategy, value] of [
    ['MAC', MAC_VALUE],
    ['ENCRYPT', ENCRYPT_VALUE],
  ] as const) {
    const { decode } = entryFormats(strategy, SECRET)(TOKEN)
    for (let bit = 0; bit < value.length * 8; bit++) {
      const bytes = Buffer.from(value)
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.is(decode(bytes.toString('latin1')), undefined, `${strategy}, bit ${bit}`)
    }
    for (let length = 0; length < value.length; length++) {
      assert.is(decode(value.slice(0, length)), undefined, `${strategy}, ${length} characters`)
    }
  }
})

test.run()
