/** The items loaded into every server, with 10 attributes and about 300 bytes of JSON. Their typed
 * values look the same in MagnetoDB's API and in DynamoDB's. */

export const PARTITIONS = 10
export const ITEMS_PER_PARTITION = 100

export type TypedItem = Readonly<Record<string, Readonly<Record<string, string | string[]>>>>

/** The range keys of a partition are ordered by number, from 0. */
export function itemKey(partition: string, number: number): TypedItem {
  return { forum: { S: partition }, subject: { S: `subject-${pad(number)}` } }
}

export function item(partition: string, number: number): TypedItem {
  return {
    ...itemKey(partition, number),
    author: { S: `author-${pad(number % 37)}` },
    body: { S: 'Neutron stars spin slower than clocks.' },
    posted: { N: `17321904${pad(number)}` },
    views: { N: `${number}` },
    score: { N: `${number % 5}.75` },
    tags: { SS: ['neutron', 'radio', 'x-ray'] },
    digest: { B: 'MDEyMzQ1Njc4OWFiY2RlZg==' },
    state: { S: 'open' },
  }
}

export function partitionName(number: number): string {
  return `forum-${pad(number)}`
}

/** The loaded items, partition by partition. */
export function loadedKeys(): { readonly partition: string; readonly number: number }[] {
  return Array.from({ length: PARTITIONS * ITEMS_PER_PARTITION }, (_, index) => ({
    partition: partitionName(Math.floor(index / ITEMS_PER_PARTITION)),
    number: index % ITEMS_PER_PARTITION,
  }))
}

function pad(number: number): string {
  return `${number}`.padStart(4, '0')
}
