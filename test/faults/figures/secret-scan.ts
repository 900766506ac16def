import querystring from 'node:querystring'

/** Characters of a secret that identify it. */
const PIECE_CHARACTERS = 16
/** The beginning that all Fernet tokens of a day share. */
const FERNET_HEAD = /^gAAAA.{7}/

/** Searches texts for secrets or parts of them, also in base64 and percent-encoded. */
export class SecretScan {
  #bytes = 0
  #secrets = 0
  readonly #pieces = new Map<string, string>()
  readonly #seen: { readonly where: string; readonly text: string }[] = []

  add(name: string, secret: string): void {
    this.#secrets++
    const own = secret.replace(FERNET_HEAD, '')
    if (own.length < PIECE_CHARACTERS) throw new Error(`${name} is too short to be looked for`)
    for (let at = 0; at + PIECE_CHARACTERS <= own.length; at++) {
      this.#pieces.set(own.slice(at, at + PIECE_CHARACTERS), name)
    }
  }

  /** Adds a text, which is searched once all secrets are known. */
  see(where: string, text: string): void {
    this.#bytes += text.length
    this.#seen.push({ where, text })
  }

  /** What is found of the secrets where. */
  look() {
    const told = new Set<string>()
    for (const { where, text } of this.#seen) {
      for (const form of [text, querystring.unescape(text), ...decodedBase64(text)]) {
        for (let at = 0; at + PIECE_CHARACTERS <= form.length; at++) {
          const name = this.#pieces.get(form.slice(at, at + PIECE_CHARACTERS))
          if (name !== undefined) told.add(`${name} is in ${where}`)
        }
      }
    }
    return { found: [...told], bytes: this.#bytes, secrets: this.#secrets }
  }
}

function decodedBase64(text: string): string[] {
  const words = text.match(/[\w+/-]{24,}/g) ?? []
  return words.map((word) => Buffer.from(word, 'base64').toString('latin1'))
}
