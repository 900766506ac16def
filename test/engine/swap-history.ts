/**
 * Checks a history of reads and compare-and-swaps of one register for linearizability. Each swap
 * writes a unique value. So the register's values are one chain from the first to the last, and it
 * is enough to follow it.
 */
export type Event = {
  /** By a clock that never returns the same time twice. */
  readonly start: number
  readonly end: number
} & (
  | { readonly kind: 'read'; readonly value: number }
  | {
      readonly kind: 'swap'
      readonly from: number
      readonly to: number
      /** `failed`: the register had another value. `unavailable`: not applied. `unknown`: applied
       * now, later or never. */
      readonly outcome: 'ok' | 'failed' | 'unavailable' | 'unknown'
    }
)

type Swap = Extract<Event, { kind: 'swap' }>
export type SwapOutcome = Swap['outcome']

/** Violations of linearizability; empty if there are none. */
export function faultsOf(events: readonly Event[], first: number, last: number): string[] {
  const swaps = events.filter((event): event is Swap => event.kind === 'swap')
  const chain = chainOf(swaps, first, last)
  if (typeof chain === 'string') return [chain]
  const places = new Map(chain.map((swap, i) => [swap.to, i + 1] as const)).set(first, 0)
  return [
    ...swaps.flatMap((swap) => swapFaults(swap, chain, places)),
    ...orderFaults(events, places),
  ]
}

/** The swaps that were applied, found backwards: only one swap has written each value. */
function chainOf(swaps: readonly Swap[], first: number, last: number): Swap[] | string {
  const bringing = new Map(swaps.map((swap) => [swap.to, swap]))
  const chain: Swap[] = []
  for (let value = last; value !== first; ) {
    const swap = bringing.get(value)
    if (!swap || chain.length > swaps.length) return `nothing leads to ${value}`
    chain.unshift(swap)
    value = swap.from
  }
  return chain
}

function swapFaults(swap: Swap, chain: readonly Swap[], places: ReadonlyMap<number, number>) {
  const { from, to, outcome } = swap
  const isDone = places.has(to)
  if (outcome === 'ok' && !isDone) return [`${from} to ${to} was acknowledged and is lost`]
  if (outcome === 'ok' || outcome === 'unknown') return []
  if (isDone) return [`${from} to ${to} was ${outcome} and is there`]
  if (outcome === 'unavailable') return []
  const place = places.get(from)
  if (place === undefined) return [`${from} was expected and never there`]
  const next = chain[place]
  if (next && next.start < swap.end) return []
  return [`${from} to ${to} failed while ${from} was there`]
}

/** Values that were seen or written one after another must have this order in the chain. */
function orderFaults(events: readonly Event[], places: ReadonlyMap<number, number>): string[] {
  const known = events
    .filter((event) => event.kind === 'read' || event.outcome === 'ok')
    .map((event) => ({ ...event, place: places.get('to' in event ? event.to : event.value) ?? -1 }))
  const ended = known.toSorted((a, b) => b.end - a.end)
  let latest = 0
  return known
    .toSorted((a, b) => a.start - b.start)
    .flatMap((event) => {
      while ((ended.at(-1)?.end ?? Infinity) < event.start) {
        latest = Math.max(latest, ended.pop()?.place ?? 0)
      }
      if (event.place < 0) return [`a read showed ${JSON.stringify(event)}, which never was`]
      return event.place < latest ? [`${JSON.stringify(event)} came too late`] : []
    })
}
