import { integer, type ValueType } from './value-type.ts'

/** Replicas of each row: in all, or by data center. */
export type ReplicationFactor = number | { readonly [dataCenter: string]: number }

const COPIES = integer({ min: 1, max: 100 })
// Data centers become CQL strings, so they contain nothing that needs escaping.
const DATA_CENTER_FACTOR = /^([A-Za-z0-9_.-]+):([0-9]+)$/

/** `3`, or `dc1:3,dc2:3`. */
export function replicationFactor(): ValueType<ReplicationFactor> {
  return {
    name: 'replication factor',
    expected: 'a number from 1 to 100, or such a number for each data center as in dc1:3,dc2:3',
    sampleLines: [],
    parse: (text) => COPIES.parse(text) ?? parsePairs(text),
    format: (factor) =>
      typeof factor === 'number'
        ? String(factor)
        : Object.entries(factor)
            .map(([dataCenter, copies]) => `${dataCenter}:${copies}`)
            .join(','),
  }
}

function parsePairs(text: string): ReplicationFactor | undefined {
  const pairs = new Map<string, number>()
  for (const part of text.split(',')) {
    const [, dataCenter, digits] = DATA_CENTER_FACTOR.exec(part.trim()) ?? []
    const copies = digits === undefined ? undefined : COPIES.parse(digits)
    if (dataCenter === undefined || copies === undefined || pairs.has(dataCenter)) return undefined
    pairs.set(dataCenter, copies)
  }
  return Object.freeze(Object.fromEntries(pairs))
}
