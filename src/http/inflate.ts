import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { Pool } from '../admission/pool.ts'
import { ShareQueue } from '../admission/share-queue.ts'
import { MagnetoDBError } from '../model/errors.ts'

export type Encoding = 'gzip' | 'deflate'

/** Bodies inflated at once. Each may become a thousand times as long. */
const INFLATED_AT_ONCE_MAX = 4
const INFLATE = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const

/**
 * The compression of a body, or undefined.
 *
 * @throws MagnetoDBError `content_encoding_unsupported`
 */
export function encodingOf(header: string | undefined): Encoding | undefined {
  const encoding = header?.toLowerCase() ?? 'identity'
  if (encoding === 'identity') return undefined
  if (encoding === 'gzip' || encoding === 'deflate') return encoding
  throw new MagnetoDBError({ is: 'content_encoding_unsupported' })
}

interface Waiting {
  readonly share: string
  start(): void
}

/** Inflates a few bodies at once. Shares take turns, and a share may use half of the places. */
export class Inflater {
  readonly #running = new Pool(INFLATED_AT_ONCE_MAX, 0.5)
  readonly #waiting = new ShareQueue<Waiting>()

  /** @throws (rejects with) MagnetoDBError `body_too_large` or `body_not_as_encoded` */
  async inflate(
    share: string,
    bytes: Buffer,
    encoding: Encoding,
    bytesMax: number,
  ): Promise<Buffer> {
    if (this.#running.fits(share, 1)) this.#running.add(share, 1)
    else await new Promise<void>((start) => this.#waiting.push(share, { share, start }))
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
      this.#running.add(share, -1)
      this.#startNext()
    }
  }

  #startNext(): void {
    const next = this.#waiting.take((share) => this.#running.fits(share, 1))
    if (next === undefined) return
    this.#running.add(next.share, 1)
    next.start()
  }
}
