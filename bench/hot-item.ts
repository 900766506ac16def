import { post } from './post.ts'
import type { Series } from './result.ts'
import { HOT_ITEM } from './rung.ts'
import { HOT_ITEM_KEY } from './workload.ts'

/** Requests that take effect, although wrk does not count them because its time is over: for each
 * of its 64 connections one whose answer it has not read, and the next one, which it has already
 * sent. */
const LEFT_MAX_PER_RUN = 2 * 64

/**
 * A line that reports whether the item that all requests add 1 to contains every acknowledged
 * addition.
 *
 * @param before the item's count when the series began
 */
export async function additionsLine(series: Series, before: number): Promise<string> {
  const { rung, samples } = series
  const counted = (await hotCount(rung.server)) - before
  const total = (figure: (sample: (typeof samples)[number]) => number) =>
    samples.reduce((sum, sample) => sum + figure(sample), 0)
  const acknowledged = total(({ requests, failed }) => requests - failed)
  const most = acknowledged + total(({ unknown }) => unknown) + LEFT_MAX_PER_RUN * samples.length
  const verdict = counted >= acknowledged && counted <= most ? 'as it should be' : 'WRONG'
  return `${HOT_ITEM}: ${acknowledged} acknowledged, the item counts ${counted}: ${verdict}`
}

export async function hotCount({ url, wire }: Series['rung']['server']): Promise<number> {
  const answer = await post(url, wire.getItem(HOT_ITEM_KEY))
  return Number(/"views":\{"N":"(\d+)"\}/.exec(JSON.stringify(answer))?.[1] ?? 0)
}
