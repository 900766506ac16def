import { post } from './post.ts'
import type { Series } from './result.ts'
import { HOT_ITEM } from './rung.ts'
import { HOT_ITEM_KEY } from './workload.ts'

/** Requests that are carried out and that wrk does not count when its time is over: of each of its
 * 64 connections one whose answer it has not read, and the next, which it has sent by then. */
const LEFT_MAX_PER_RUN = 2 * 64

/**
 * A line that says whether the item that everybody added 1 to has every acknowledged addition.
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
