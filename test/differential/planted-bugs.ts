/** Services with one bug each, which the comparison has to find. */

import { type Answer, Peer } from './peer.ts'
import { withPlainNumbers } from './plain-numbers.ts'
import type { Request } from './requests.ts'
import type { Json } from './tables.ts'

export interface PlantedBug {
  readonly name: string
  /** Changes the request that the service receives. */
  readonly asked?: (request: Request) => Json
  /** Changes the answer that it gives. */
  readonly told?: (request: Request, answer: Answer) => Json
}

export class FaultyPeer extends Peer {
  readonly #bug: PlantedBug

  constructor(url: string, accessKey: string, bug: PlantedBug) {
    super(url, accessKey, withPlainNumbers)
    this.#bug = bug
  }

  override async call(operation: string, body: Json): Promise<Answer> {
    const request = { operation, body }
    const answer = await super.call(operation, this.#bug.asked?.(request) ?? body)
    return { ...answer, body: this.#bug.told?.(request, answer) ?? answer.body }
  }
}

function withExpression(body: Json, name: string, change: (text: string) => string): Json {
  const text = body[name]
  return typeof text === 'string' ? { ...body, [name]: change(text) } : body
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'BETWEEN is without its bounds',
    asked: ({ body }) =>
      withExpression(body, 'FilterExpression', (text) =>
        text.replace(/(\S+) BETWEEN (:v\d+) AND (:v\d+)/, '($1 > $2 AND $1 < $3)'),
      ),
  },
  {
    name: 'a filter sees attributes that are absent as unequal',
    asked: ({ body }) =>
      withExpression(body, 'FilterExpression', (text) =>
        text.replace(/^(#?[a-z]\w*) ?<> ?(:v\d+)$/, '$1 <> $2 AND attribute_exists($1)'),
      ),
  },
  {
    name: 'ADD to a set replaces it',
    asked: ({ body }) =>
      withExpression(body, 'UpdateExpression', (text) =>
        text.replace(/^add #?([sn]s) (:v\d+)$/i, 'SET $1 = $2'),
      ),
  },
  {
    name: 'the first element of a list is taken for the second',
    asked: ({ body }) =>
      withExpression(body, 'UpdateExpression', (text) => text.replace(/\b(l[12])\[0\]/, '$1[1]')),
  },
  {
    name: 'descending queries ascend where there is a limit',
    asked: ({ operation, body }) =>
      operation === 'Query' && body.Limit !== undefined
        ? { ...body, ScanIndexForward: true }
        : body,
  },
  {
    name: 'a page tells no last key when a filter has left nothing',
    told: ({ body: { FilterExpression } }, { body }) => {
      const isEmpty = FilterExpression !== undefined && body.Count === 0
      return isEmpty ? { ...body, LastEvaluatedKey: undefined } : body
    },
  },
  {
    name: 'a failed condition does not return the item',
    told: (_request, { type, body }) =>
      type === 'ConditionalCheckFailedException' ? { ...body, Item: undefined } : body,
  },
  {
    name: 'UPDATED_NEW returns what was there before',
    asked: ({ body }) =>
      body.ReturnValues === 'UPDATED_NEW' ? { ...body, ReturnValues: 'UPDATED_OLD' } : body,
  },
  {
    name: 'strong reads cost as much as others',
    asked: ({ operation, body }) =>
      operation === 'GetItem' ? { ...body, ConsistentRead: false } : body,
  },
  {
    name: 'the legacy OR is an AND',
    asked: ({ body }) =>
      body.ConditionalOperator === 'OR' ? { ...body, ConditionalOperator: 'AND' } : body,
  },
  {
    name: 'attributes of keys only are projected by no index',
    told: ({ body: { IndexName } }, { body }) =>
      IndexName === 'by-jn' && Array.isArray(body.Items)
        ? { ...body, Items: body.Items.map(({ r: _, ...item }: Json) => item) }
        : body,
  },
  {
    name: 'a deletion in a batch is forgotten',
    asked: ({ operation, body }) =>
      operation === 'BatchWriteItem' ? withoutDeletions(body) : body,
  },
]

function withoutDeletions(body: Json): Json {
  const tables = Object.entries((body.RequestItems ?? {}) as Record<string, unknown>)
  const RequestItems = Object.fromEntries(
    tables.map(([table, writes]) => {
      const kept = Array.isArray(writes) ? writes.filter((write) => 'PutRequest' in write) : []
      return [table, kept.length > 0 ? kept : writes]
    }),
  )
  return { ...body, RequestItems }
}
