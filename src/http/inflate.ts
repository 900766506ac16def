import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { MagnetoDBError } from '../model/errors.ts'

export type Encoding = 'gzip' | 'deflate'

/** Bodies that are inflated at once, each of which may become a thousand times as long. */
const INFLATED_AT_ONCE_MAX = 4
const INFLATE = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const

/**
 * How a body is compressed; undefined where it is not.
 *
 * @throws MagnetoDBError `content_encoding_unsupported`
 */
export function encodingOf(header: string | undefined): Encoding | undefined {
  const encoding = header?.toLowerCase() ?? 'identity'
  if (encoding === 'identity') return undefined
  if (encoding === 'gzip' || encoding === 'deflate') return encoding
  throw new MagnetoDBError({ is: 'content_encoding_unsupported' })
}

/** Inflates bodies, a few at once: the others wait in the order in which they came. */
export class Inflater {
  #running = 0
  readonly #waiting: (() => void)[] = []

  /** @throws (rejects with) MagnetoDBError `body_too_large` or `body_not_as_encoded` */
  async inflate(bytes: Buffer, encoding: Encoding, bytesMax: number): Promise<Buffer> {
    if (this.#running === INFLATED_AT_ONCE_MAX) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running++
    try {
      return await INFLATE[encoding](bytes, { maxOutputLength: bytesMax })
    } catch (error) {
      const { code } = error as { readonly code?: string }
      throw new MagnetoDBError(
        code === 'ERR_BUFFER_TOO_LARGE'
          ? { is: 'body_too_large', bytesMax }
          : { is: 'body_not_as_encoded' },
      )
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }
}
