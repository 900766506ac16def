import type { Readable } from 'node:stream'
import { ShareAmounts } from '../admission/share-amounts.ts'
import { MagnetoDBError } from '../model/errors.ts'
import { type Encoding, Inflater } from './inflate.ts'

/** Seconds without data from a client, after which its connection is closed. */
export const BODY_IDLE_SECONDS_MAX = 10
/** Seconds within which a whole body must arrive. */
export const BODY_TOTAL_SECONDS_MAX = 30
/** Bytes of all bodies in a process, from a body's first byte until its request is answered. If a
 * share holds more than half of them, its other bodies are paused. */
export const BODY_BYTES_HELD_MAX = 256 * 1024 * 1024
const SWEEP_INTERVAL_MS = 1_000

export class BodyTimeoutError extends MagnetoDBError {
  override readonly name = 'BodyTimeoutError'

  constructor() {
    super({ is: 'body_too_slow' })
  }
}

export class CallerGoneError extends MagnetoDBError {
  override readonly name = 'CallerGoneError'

  constructor() {
    super({ is: 'caller_gone' })
  }
}

const LIMITS = {
  idleSecondsMax: BODY_IDLE_SECONDS_MAX,
  totalSecondsMax: BODY_TOTAL_SECONDS_MAX,
  bytesHeldMax: BODY_BYTES_HELD_MAX,
}
export type BodyLimits = Readonly<typeof LIMITS>

/** Bytes of all bodies of unknown callers. Half of it is enough for any body. */
const STRANGER_BYTES_HELD_MAX = 32 * 1024 * 1024
export const STRANGERS_LIMITS: BodyLimits = { ...LIMITS, bytesHeldMax: STRANGER_BYTES_HELD_MAX }

/** The part of an exchange that receiving needs. */
export interface Receivable {
  readonly stream: Readable
  header(name: string): string | undefined
  askForBody(): void
  body: Buffer
  bytesIn: number
}

/** Receives bodies, limited in size, time and total memory. */
export class BodyReceiver {
  readonly #limits: BodyLimits
  readonly #inflater = new Inflater()
  readonly #receiving = new Set<Receiving>()
  #bytesHeld = 0
  readonly #heldBy = new ShareAmounts()
  /** Shares with paused bodies. */
  readonly #waiting = new Set<string>()
  #sweeping = false

  constructor(limits: BodyLimits = LIMITS) {
    this.#limits = limits
  }

  /**
   * Receives the whole body, also into `exchange.body`. Counts it as held until it is released.
   *
   * @param share for which it counts
   * @returns the body itself if all of it has arrived and there is room, since a request may have
   *   waited for its turn or for its caller's identity
   * @throws MagnetoDBError `body_too_large`; rejects with this, `body_too_slow`, `too_many_bodies`
   *   or `caller_gone`
   */
  receive(exchange: Receivable, share: string, bytesMax: number): Buffer | Promise<Buffer> {
    const { stream } = exchange
    const length = Number(exchange.header('content-length') ?? 0)
    if (length > bytesMax) throw tooLarge(bytesMax)
    exchange.askForBody()
    const isHere = length > 0 && stream.readableLength === length && this.#hasRoom(share, length)
    const body: Buffer | null = isHere ? stream.read() : null
    if (body === null) return this.#receive(exchange, share, bytesMax)
    this.#hold(share, length)
    exchange.body = body
    exchange.bytesIn = length
    return body
  }

  #receive(exchange: Receivable, share: string, bytesMax: number): Promise<Buffer> {
    const { stream } = exchange
    return new Promise((resolve, reject) => {
      const receiving = new Receiving(stream, share, (error) => {
        this.#receiving.delete(receiving)
        if (error) {
          this.release(receiving.bytes, share)
          reject(error)
          return
        }
        exchange.body = receiving.body()
        exchange.bytesIn = receiving.bytes
        resolve(exchange.body)
      })
      this.#receiving.add(receiving)
      this.#sweepLater()
      stream.on('data', (chunk: Buffer) => {
        if (receiving.isOver) return
        this.#hold(share, chunk.length)
        receiving.take(chunk)
        if (receiving.bytes > bytesMax) receiving.finish(tooLarge(bytesMax))
        else this.#makeRoom(share)
      })
      stream.on('end', () => receiving.finish())
      stream.on('close', () => {
        if (!receiving.isOver) receiving.finish(new CallerGoneError())
      })
      // `close` always follows.
      stream.on('error', ignore)
    })
  }

  /** Replaces a compressed body by its contents, and counts these. */
  async inflate(
    exchange: Pick<Receivable, 'body'>,
    share: string,
    encoding: Encoding,
    bytesMax: number,
  ): Promise<void> {
    const inflated = await this.#inflater.inflate(share, exchange.body, encoding, bytesMax)
    this.#hold(share, inflated.length - exchange.body.length)
    exchange.body = inflated
    if (this.#bytesHeld > this.#limits.bytesHeldMax) {
      throw new MagnetoDBError({ is: 'too_many_bodies' })
    }
  }

  /** Counts a body that another receiver, or another share, has released. */
  adopt(bytes: number, share: string): void {
    if (bytes === 0) return
    this.#hold(share, bytes)
    this.#makeRoom(share)
  }

  /** Must be called once for every received body, with the share at the time. */
  release(bytes: number, share: string): void {
    if (bytes === 0) return
    this.#hold(share, -bytes)
    if (this.#waiting.has(share)) this.#holdBack(share)
  }

  #hold(share: string, bytes: number): void {
    this.#bytesHeld += bytes
    this.#heldBy.add(share, bytes)
  }

  /** If the limit is exceeded, refuses a body of the share that holds the most. If all of its
   * bodies are complete, refuses one of the share that has just received data. */
  #makeRoom(share: string): void {
    if (this.#bytesHeld > this.#limits.bytesHeldMax) {
      const largest = this.#heldBy.largest() ?? share
      // All bodies of the largest share may be complete, and in use.
      if (!this.#refuseLargestOf(largest)) this.#refuseLargestOf(share)
    }
    if (this.#isOver(share)) this.#holdBack(share)
  }

  #hasRoom(share: string, bytes: number): boolean {
    const { bytesHeldMax } = this.#limits
    const isFull = this.#bytesHeld + bytes > bytesHeldMax
    return !isFull && this.#heldBy.of(share) + bytes <= bytesHeldMax / 2
  }

  #isOver(share: string): boolean {
    return this.#heldBy.of(share) > this.#limits.bytesHeldMax / 2
  }

  /** Pauses the bodies of a share that holds too much. If none of them is complete the oldest
   * continues, since only a complete one can be released. */
  #holdBack(share: string): void {
    const isOver = this.#isOver(share)
    const coming = [...this.#receiving].filter((each) => each.share === share)
    const comingBytes = coming.reduce((sum, { bytes }) => sum + bytes, 0)
    const isNoneWhole = this.#heldBy.of(share) === comingBytes
    for (const [i, each] of coming.entries()) each.isWaiting = isOver && !(isNoneWhole && i === 0)
    if (isOver) this.#waiting.add(share)
    else this.#waiting.delete(share)
  }

  /** Refuses the largest body that is still arriving, since complete ones are in use. Returns
   * whether there is one. */
  #refuseLargestOf(share: string): boolean {
    let largest: Receiving | undefined
    for (const receiving of this.#receiving) {
      if (receiving.share === share && receiving.bytes > (largest?.bytes ?? 0)) largest = receiving
    }
    largest?.finish(new MagnetoDBError({ is: 'too_many_bodies' }))
    return largest !== undefined
  }

  /** One timer per second for all bodies, since one per body would cost every request. */
  #sweepLater(): void {
    if (this.#sweeping) return
    this.#sweeping = true
    setTimeout(() => {
      this.#sweeping = false
      this.#sweep()
      if (this.#receiving.size > 0) this.#sweepLater()
    }, SWEEP_INTERVAL_MS).unref()
  }

  #sweep(): void {
    const now = performance.now()
    for (const receiving of this.#receiving) {
      const { lastDataAt, startedAt, isWaiting } = receiving
      const isIdle = !isWaiting && now - lastDataAt > this.#limits.idleSecondsMax * 1_000
      const isLong = now - startedAt > this.#limits.totalSecondsMax * 1_000
      if (isWaiting && isLong) receiving.finish(new MagnetoDBError({ is: 'too_many_bodies' }))
      else if (isIdle || isLong) receiving.finish(new BodyTimeoutError())
    }
  }
}

class Receiving {
  readonly share: string
  readonly startedAt = performance.now()
  lastDataAt = this.startedAt
  bytes = 0
  isOver = false
  readonly #stream: Readable
  readonly #chunks: Buffer[] = []
  readonly #onEnd: (error?: Error) => void
  #isWaiting = false

  constructor(stream: Readable, share: string, onEnd: (error?: Error) => void) {
    this.#stream = stream
    this.share = share
    this.#onEnd = onEnd
  }

  get isWaiting(): boolean {
    return this.#isWaiting
  }

  /** Pauses the stream, which makes the client wait. */
  set isWaiting(isWaiting: boolean) {
    if (isWaiting === this.#isWaiting) return
    this.#isWaiting = isWaiting
    this.lastDataAt = performance.now()
    if (isWaiting) this.#stream.pause()
    else this.#stream.resume()
  }

  take(chunk: Buffer): void {
    this.bytes += chunk.length
    this.lastDataAt = performance.now()
    this.#chunks.push(chunk)
  }

  /** Later calls have no effect. */
  finish(error?: Error): void {
    if (this.isOver) return
    this.isOver = true
    this.isWaiting = false
    this.#onEnd(error)
    // The connection's listeners keep this object, but must not keep the chunks.
    this.#chunks.length = 0
  }

  body(): Buffer {
    const [first] = this.#chunks
    return first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
  }
}

function ignore(): void {}

function tooLarge(bytesMax: number): MagnetoDBError {
  return new MagnetoDBError({ is: 'body_too_large', bytesMax })
}
