import {
  ITEMS_PER_PARTITION,
  item,
  itemKey,
  loadedKeys,
  PARTITIONS,
  partitionName,
} from './items.ts'
import type { Call, Wire } from './wire.ts'

export const OPERATIONS = ['GetItem', 'PutItem', 'Query 100'] as const
export type Operation = (typeof OPERATIONS)[number]

/** The requests that a rung repeats. */
export interface Workload {
  /** Sent in random order. */
  readonly calls: readonly Call[]
  /** The answer to the first call; undefined if it is not checked. */
  readonly expected: unknown
}

/** Partitions for writes, with one item each. They are never read. */
const WRITTEN_PARTITIONS = 5_000
const WRITTEN_ITEMS = 5_000
const HOT_PARTITION = 'hot'

/** The same operations on the same items, in the API of a server. */
export function workloadOf(operation: Operation, wire: Wire): Workload {
  switch (operation) {
    case 'GetItem':
      return {
        calls: loadedKeys().map(({ partition, number }) =>
          wire.getItem(itemKey(partition, number)),
        ),
        expected: wire.gotItem(item(partitionName(0), 0)),
      }
    case 'PutItem':
      return {
        calls: numbers(WRITTEN_PARTITIONS).map((number) =>
          wire.putItem(item(`written-${number}`, number)),
        ),
        expected: {},
      }
    case 'Query 100':
      return {
        calls: numbers(PARTITIONS).map((number) => wire.query(partitionName(number))),
        expected: wire.queried(
          numbers(ITEMS_PER_PARTITION).map((number) => item(partitionName(0), number)),
        ),
      }
  }
}

/** PutItem of many items in one partition. */
export function hotPartition(wire: Wire): Workload {
  return {
    calls: numbers(WRITTEN_ITEMS).map((number) => wire.putItem(item(HOT_PARTITION, number))),
    expected: {},
  }
}

/** All requests add 1 to one attribute of one item. */
export function hotItem(wire: Wire): Workload {
  return { calls: [wire.addOne(HOT_ITEM_KEY, 'views')], expected: {} }
}

export const HOT_ITEM_KEY = itemKey('counter', 0)

/** Puts all items that are read later. */
export function loading(wire: Wire): Call[] {
  return loadedKeys().map(({ partition, number }) => wire.putItem(item(partition, number)))
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
