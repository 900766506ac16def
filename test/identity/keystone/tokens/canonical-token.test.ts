import * as assert from 'uvu/assert'
import { isCanonical } from '../../../../src/identity/keystone/tokens/canonical-token.ts'
import { test } from '../../../support/suite.ts'

/** Like Keystone's tokens, this has 183 characters, with two spare bits at the end. */
const FERNET = Buffer.concat([Buffer.from([0x80, 0, 0, 0, 0]), Buffer.alloc(132, 7)]).toString(
  'base64url',
)
const JWS = ['{"alg":"ES256","typ":"JWT"}', '{"sub":"u"}', 'x'.repeat(64)]
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.')
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

test('tokens as Keystone writes them are accepted', () => {
  assert.is(FERNET.length, 183)
  for (const token of [FERNET, JWS, 'd41d8cd98f00b204e9800998ecf8427e'])
    assert.ok(isCanonical(token))
})

test("other spellings of a token's bytes are refused", () => {
  for (const token of [FERNET, JWS]) {
    const last = ALPHABET.indexOf(token.at(-1) ?? '')
    const spare = token === FERNET ? 4 : 16
    const spellings = [
      ...Array.from({ length: spare - 1 }, (_, n) => token.slice(0, -1) + ALPHABET[last + n + 1]),
      ...['=', '==', '====', '!', ' ', '%3D', '\u00e9', '\n'].map((foreign) => token + foreign),
      ...['!', '=', '+', '/', ',', '\u0000', '~'].map(
        (c) => `${token.slice(0, 9)}${c}${token.slice(9)}`,
      ),
      `!${token}`,
      `.${token}`,
      `${token}.`,
      `${token}.a.b.c`,
    ]
    for (const spelling of spellings) assert.not.ok(isCanonical(spelling), spelling)
  }
})

test.run()
