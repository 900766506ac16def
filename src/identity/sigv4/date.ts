import { SignatureError } from './signature-error.ts'

/** Milliseconds between `X-Amz-Date` and this machine's clock. Keystone itself would accept dates
 * far in the future. */
export const SKEW_MS_MAX = 15 * 60 * 1_000
const DATE = /^\d{8}T\d{6}Z$/
const TWO_DIGITS_OF_ZERO = '0'.charCodeAt(0) * 11

/** `YYYYMMDDTHHMMSSZ`, as in `X-Amz-Date`. */
export function basicDate(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** Checks dates. Keeps the last one, since requests of the same second follow each other. */
export class DateCheck {
  #latest: { readonly date: string; readonly timeMs: number | undefined } | undefined

  /** @throws SignatureError if it is malformed, or too far from `nowMs` */
  check(date: string, nowMs: number): void {
    if (this.#latest?.date !== date) this.#latest = { date, timeMs: timeOf(date) }
    const { timeMs } = this.#latest
    if (timeMs === undefined) throw new SignatureError({ is: 'date_malformed', date })
    if (timeMs < nowMs - SKEW_MS_MAX) throw new SignatureError({ is: 'expired', date, nowMs })
    if (timeMs > nowMs + SKEW_MS_MAX) {
      throw new SignatureError({ is: 'not_yet_current', date, nowMs })
    }
  }
}

/** Milliseconds since 1970 of `YYYYMMDDTHHMMSSZ`. */
function timeOf(date: string): number | undefined {
  if (!DATE.test(date)) return undefined
  const year = numberAt(date, 0) * 100 + numberAt(date, 2)
  const [month, day] = [numberAt(date, 4), numberAt(date, 6)]
  const [hour, minute, second] = [numberAt(date, 9), numberAt(date, 11), numberAt(date, 13)]
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  // `Date.UTC` carries values that are too large over to the next unit.
  const isReal =
    time.getUTCMonth() === month - 1 && time.getUTCDate() === day && time.getUTCMinutes() === minute
  return isReal ? time.getTime() : undefined
}

/** The number of two digits. */
function numberAt(text: string, at: number): number {
  return text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - TWO_DIGITS_OF_ZERO
}
