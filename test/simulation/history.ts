/** The clients' operations in a simulation, and whether a plain table could have answered so. */

export type Operation =
  | { readonly do: 'create' }
  | { readonly do: 'delete' }
  | { readonly do: 'put'; readonly key: string; readonly value: number; readonly lifeMs?: number }
  | { readonly do: 'remove'; readonly key: string }
  | { readonly do: 'swap'; readonly key: string; readonly from: number; readonly to: number }
  | { readonly do: 'add'; readonly key: string; readonly number: number }
  | { readonly do: 'get'; readonly key: string }

/** `none`: certainly not applied. `unknown`: may have been applied, at any time. `gone`: the table
 * does not exist. */
export type Outcome = 'ok' | 'failed' | 'none' | 'unknown' | 'gone'

export interface Event {
  readonly operation: Operation
  readonly start: number
  readonly end: number
  readonly outcome: Outcome
  /** The value in the answer of an `add` or a `get`. */
  readonly shown?: number | undefined
}

interface Item {
  readonly value: number
  /** The earliest and the latest time at which it may expire, by any of the clocks. */
  readonly expires?: { readonly first: number; readonly last: number }
}

interface State {
  readonly table: 'absent' | 'active' | 'deleting'
  /** By key, all in the same order: states are compared as JSON. */
  readonly items: Readonly<Record<string, Item | undefined>>
}

/** The keys of all items. */
export const KEYS = ['a', 'b'] as const
const EMPTY = Object.fromEntries(KEYS.map((key) => [key, undefined]))
const GONE: State = { table: 'absent', items: EMPTY }

/** Undefined if a plain table explains the history; otherwise the events, one per line. */
export function faultOf(events: readonly Event[], clocksApartMs: number): string | undefined {
  const relevant = events.filter(({ outcome }) => outcome !== 'none')
  return explained(relevant, clocksApartMs) ? undefined : relevant.map(lineOf).join('\n')
}

function lineOf({ operation, start, end, outcome, shown }: Event): string {
  return `${start} to ${end}: ${JSON.stringify(operation)} ${outcome} ${shown ?? ''}`
}

/** Looks for an order of the events in which a plain table would give these answers (Wing and
 * Gong). */
function explained(events: readonly Event[], clocksApartMs: number): boolean {
  const seen = new Set<string>()
  const left = [{ done: 0n, state: GONE }]
  for (let step = left.pop(); step; step = left.pop()) {
    const { done, state } = step
    const name = `${done} ${JSON.stringify(state)}`
    if (seen.has(name)) continue
    seen.add(name)
    const waiting = events.flatMap((event, index) =>
      done & (1n << BigInt(index)) ? [] : [{ event, index }],
    )
    const certain = waiting.filter(({ event }) => event.outcome !== 'unknown')
    if (certain.length === 0) return true
    const firstEnd = Math.min(...certain.map(({ event }) => event.end))
    for (const { event, index } of waiting) {
      if (event.start > firstEnd) continue
      const next = { done: done | (1n << BigInt(index)) }
      for (const after of statesAfter(state, event, clocksApartMs))
        left.push({ ...next, state: after })
    }
    if (state.table === 'deleting') left.push({ done, state: GONE })
  }
  return false
}

/** The possible states of a plain table after this answer; empty if it cannot give it. */
function statesAfter(state: State, event: Event, clocksApartMs: number): readonly State[] {
  const { operation, outcome } = event
  if (operation.do === 'create') {
    if (outcome === 'failed') return state.table === 'absent' ? [] : [state]
    return state.table === 'absent' ? [{ table: 'active', items: EMPTY }] : []
  }
  if (outcome === 'gone') return state.table === 'active' ? [] : [state]
  if (state.table === 'absent') return []
  if (operation.do === 'delete') return [{ ...state, table: 'deleting' }]
  const item = state.items[operation.key]
  return itemsAfter(item, event, clocksApartMs).map((after) => ({
    ...state,
    items: { ...state.items, [operation.key]: after },
  }))
}

function itemsAfter(
  item: Item | undefined,
  { operation, outcome, shown, start, end }: Event,
  clocksApartMs: number,
): readonly (Item | undefined)[] {
  const mayLive = !item?.expires || start - clocksApartMs <= item.expires.last
  const mayBeGone = !item || (item.expires && end + clocksApartMs >= item.expires.first)
  switch (operation.do) {
    case 'put': {
      const { value, lifeMs } = operation
      const expires = lifeMs && {
        first: start + lifeMs - clocksApartMs,
        // A write of unknown outcome may be applied at any time, but this does not prolong the
        // item's life.
        last: (outcome === 'unknown' ? start + UNKNOWN_MS : end) + lifeMs + clocksApartMs,
      }
      return [{ value, ...(expires && { expires }) }]
    }
    case 'remove':
      return [undefined]
    case 'get': {
      const shows = shown === undefined ? mayBeGone : mayLive && item?.value === shown
      return shows ? [item] : []
    }
    case 'swap': {
      const matches = item?.value === operation.from
      if (outcome === 'failed') return matches ? [] : [item]
      return matches ? [{ value: operation.to }] : []
    }
    case 'add': {
      const value = (item?.value ?? 0) + operation.number
      return outcome === 'unknown' || shown === value ? [{ value }] : []
    }
    default:
      return []
  }
}

/** Longer than any operation takes. */
const UNKNOWN_MS = 30_000
