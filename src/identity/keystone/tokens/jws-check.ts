import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type CryptoKey, compactVerify, decodeProtectedHeader, importSPKI } from 'jose'
import type { Clock } from '../../../cache/clock.ts'
import { parseJsonObject } from '../json.ts'
import type { KeystoneLog } from '../log.ts'

/** The only algorithm with which Keystone signs tokens. */
const ALGORITHM = 'ES256'
const KEYS_MAX = 64
const KEY_FILE_BYTES_MAX = 64 * 1024
/** Milliseconds between reads of the folder. */
const LOOK_INTERVAL_MS = 1_000
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/

/** Refuses forged and expired JWS tokens without a call to Keystone. All others still need
 * validation, because only Keystone knows roles and revocations. */
export class JwsCheck {
  readonly #folder: string
  readonly #clock: Clock
  readonly #log: KeystoneLog
  #keys: readonly CryptoKey[] = []
  /** Whether every key could be read. If not, a token with an unknown signature may still be
   * valid. */
  #isComplete = true
  #fingerprint = ''
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | undefined

  /** @param folder of public keys in PEM, like Keystone's `jws_public_key_repository` */
  constructor(folder: string, clock: Clock, log: KeystoneLog) {
    this.#folder = folder
    this.#clock = clock
    this.#log = log
  }

  /** Whether a token is a JWS that has expired or that no key has signed. False for other tokens
   * and without keys. If a key could not be read, also false for unknown signatures. */
  async isForged(token: string, allowExpired: boolean): Promise<boolean> {
    if (!isKeystoneJws(token)) return false
    await this.#look()
    if (this.#keys.length === 0) return false
    for (const key of this.#keys) {
      try {
        const { payload } = await compactVerify(token, key, { algorithms: [ALGORITHM] })
        const claims = parseJsonObject(Buffer.from(payload).toString())
        const isOver = Number(claims?.exp) * 1_000 <= this.#clock.wallMs()
        return isOver && !allowExpired
      } catch {
        // Try the next key.
      }
    }
    return this.#isComplete
  }

  #look(): Promise<void> {
    const now = this.#clock.monotonicMs()
    if (now - this.#lookedAtMs < LOOK_INTERVAL_MS) return this.#looking ?? Promise.resolve()
    this.#lookedAtMs = now
    this.#looking ??= this.#read().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #read(): Promise<void> {
    try {
      const files = await this.#files()
      const fingerprint = files.map(({ version }) => version).join('\n')
      if (fingerprint === this.#fingerprint) return
      const keys = await Promise.all(files.map(({ path }) => this.#readKey(path)))
      this.#keys = keys.filter((key) => key !== undefined)
      this.#isComplete = this.#keys.length === files.length
      this.#fingerprint = fingerprint
      this.#log.info({ keys: this.#keys.length }, 'read the public keys of JWS tokens')
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown failure'
      if (this.#fingerprint !== reason) {
        this.#log.warn({ reason }, 'cannot read the public keys of JWS tokens')
      }
      this.#keys = []
      this.#fingerprint = reason
    }
  }

  async #files(): Promise<{ path: string; version: string }[]> {
    const names = (await readdir(this.#folder)).filter((name) => !name.startsWith('.')).sort()
    if (names.length > KEYS_MAX) throw new Error(`more than ${KEYS_MAX} files`)
    return Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name)
        const { mtimeMs, ino, size } = await stat(path)
        if (size > KEY_FILE_BYTES_MAX) throw new Error(`${name} is too long for a key`)
        return { path, version: `${path} ${ino} ${size} ${mtimeMs}` }
      }),
    )
  }

  async #readKey(path: string): Promise<CryptoKey | undefined> {
    try {
      return await importSPKI(await readFile(path, 'utf8'), ALGORITHM)
    } catch {
      this.#log.warn({ path }, 'not an ES256 public key in PEM')
      return undefined
    }
  }
}

function isKeystoneJws(token: string): boolean {
  if (!COMPACT_JWS.test(token)) return false
  try {
    return decodeProtectedHeader(token).typ === 'JWT'
  } catch {
    return false
  }
}
