import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type CryptoKey, compactVerify, decodeProtectedHeader, importSPKI } from 'jose'
import type { Clock } from '../../../cache/clock.ts'
import { parseJsonObject } from '../json.ts'
import type { KeystoneLog } from '../log.ts'

/** Keystone signs its tokens with no other. */
const ALGORITHM = 'ES256'
const KEYS_MAX = 64
const KEY_FILE_BYTES_MAX = 64 * 1024
/** The folder is looked at no more often, however many tokens come. */
const LOOK_INTERVAL_MS = 1_000
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/

/**
 * Drops forged and expired JWS tokens before Keystone is asked about them. What is left is not
 * valid for that: roles and revocation are known to Keystone alone.
 */
export class JwsCheck {
  readonly #folder: string
  readonly #clock: Clock
  readonly #log: KeystoneLog
  #keys: readonly CryptoKey[] = []
  /** Whether there is no key that we could not read, and that may have signed a token. */
  #isComplete = true
  #fingerprint = ''
  #lookedAtMs = Number.NEGATIVE_INFINITY
  #looking: Promise<void> | undefined

  /** @param folder of public keys in PEM, every file one, as Keystone's
   * `jws_public_key_repository` */
  constructor(folder: string, clock: Clock, log: KeystoneLog) {
    this.#folder = folder
    this.#clock = clock
    this.#log = log
  }

  /** Whether a token is a JWS that none of the keys has signed, or that has expired. Other tokens
   * are not judged, nor any while there are no keys, nor signatures while a key is unreadable. */
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
        // not by this key
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
      this.#log.info({ keys: this.#keys.length }, "read the keys of Keystone's tokens")
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown failure'
      if (this.#fingerprint !== reason) {
        this.#log.warn({ reason }, "cannot read the keys of Keystone's tokens")
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
      this.#log.warn({ path }, 'not a public key of ES256 in PEM')
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
