import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hash,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/** The format of tokens in memcached, byte for byte that of keystonemiddleware 13, so that Python
 * services can share the cache. */

export type SecurityStrategy = 'None' | 'MAC' | 'ENCRYPT'

/** Key and encoding of one token's entry. */
export interface EntryFormat {
  readonly key: string
  encode(text: string): string
  /** Undefined if the value was written with another token, strategy or secret. */
  decode(value: string): string | undefined
}

/** @param secret of MAC and ENCRYPT */
export function entryFormats(
  strategy: SecurityStrategy,
  secret: string,
): (token: string) => EntryFormat {
  if (strategy === 'None') return plainFormat
  return (token) => protectedFormat(strategy, deriveKeys(strategy, secret, token))
}

function plainFormat(token: string): EntryFormat {
  return {
    key: `tokens/${hash('sha256', token)}`,
    encode: (text) => text,
    decode: (value) => value,
  }
}

const KEY_BYTES = 16
const IV_BYTES = 16
/** Length of a SHA-384 in base64. */
const MAC_CHARACTERS = 64
const CIPHER = 'aes-128-cbc'

interface Keys {
  readonly place: Buffer
  readonly mac: Buffer
  readonly cipher: Buffer
}

function deriveKeys(strategy: SecurityStrategy, secret: string, token: string): Keys {
  const digest = createHmac('sha384', secret)
    .update(token + strategy)
    .digest()
  return {
    place: digest.subarray(0, KEY_BYTES),
    mac: digest.subarray(KEY_BYTES, 2 * KEY_BYTES),
    cipher: digest.subarray(2 * KEY_BYTES),
  }
}

function protectedFormat(strategy: 'MAC' | 'ENCRYPT', keys: Keys): EntryFormat {
  const isEncrypted = strategy === 'ENCRYPT'
  const macOf = (data: string) => createHmac('sha384', keys.mac).update(data).digest('base64')
  return {
    // keystonemiddleware formats bytes as Python's repr.
    key: `tokens/b'${keys.place.toString('base64')}'`,
    encode: (text) => {
      const plain = Buffer.from(text)
      const data = (isEncrypted ? encrypt(keys.cipher, plain) : plain).toString('base64')
      return macOf(data) + data
    },
    decode: (value) => {
      const mac = Buffer.from(value.slice(0, MAC_CHARACTERS))
      const encoded = value.slice(MAC_CHARACTERS)
      const expected = Buffer.from(macOf(encoded))
      if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return undefined
      const data = Buffer.from(encoded, 'base64')
      return (isEncrypted ? decrypt(keys.cipher, data) : data)?.toString()
    },
  }
}

function encrypt(key: Buffer, plain: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key, iv)
  return Buffer.concat([iv, cipher.update(plain), cipher.final()])
}

function decrypt(key: Buffer, data: Buffer): Buffer | undefined {
  try {
    const decipher = createDecipheriv(CIPHER, key, data.subarray(0, IV_BYTES))
    return Buffer.concat([decipher.update(data.subarray(IV_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}
