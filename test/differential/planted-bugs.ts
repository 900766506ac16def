/** Services with one bug each, which the comparison has to find. */

import { type Answer, Peer } from './peer.ts'
import { withPlainNumbers } from './plain-numbers.ts'
import type { Request } from './requests.ts'
import type { Json } from './tables.ts'

export interface PlantedBug {
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

/** Replaces a part of a member that is a text. */
function rewritten(name: string, part: RegExp, by: string): PlantedBug {
  const asked = ({ body }: Request) => {
    const text = body[name]
    return typeof text === 'string' ? { ...body, [name]: text.replace(part, by) } : body
  }
  return { asked }
}

/** Replaces a member that has this value. */
function replaced(name: string, value: unknown, by: unknown): PlantedBug {
  return { asked: ({ body }) => (body[name] === value ? { ...body, [name]: by } : body) }
}

/** Changes requests of one operation. */
function changed(wanted: string, change: (body: Json) => Json): PlantedBug {
  return { asked: ({ operation, body }) => (operation === wanted ? change(body) : body) }
}

export const PLANTED_BUGS: Readonly<Record<string, PlantedBug>> = {
  'BETWEEN is without its bounds': rewritten(
    'FilterExpression',
    /(\S+) BETWEEN (:v\d+) AND (:v\d+)/,
    '($1 > $2 AND $1 < $3)',
  ),
  'a filter sees attributes that are absent as unequal': rewritten(
    'FilterExpression',
    /^(#?[a-z]\w*) ?<> ?(:v\d+)$/,
    '$1 <> $2 AND attribute_exists($1)',
  ),
  'ADD to a set replaces it': rewritten(
    'UpdateExpression',
    /^add #?([sn]s) (:v\d+)$/i,
    'SET $1 = $2',
  ),
  'the first element of a list is taken for the second': rewritten(
    'UpdateExpression',
    /\b(l[12])\[0\]/,
    '$1[1]',
  ),
  'descending queries ascend where there is a limit': changed('Query', (body) =>
    body.Limit === undefined ? body : { ...body, ScanIndexForward: true },
  ),
  'a page tells no last key when a filter has left nothing': {
    told: ({ body: { FilterExpression } }, { body }) => {
      const isEmpty = FilterExpression !== undefined && body.Count === 0
      return isEmpty ? { ...body, LastEvaluatedKey: undefined } : body
    },
  },
  'a failed condition does not return the item': {
    told: (_request, { type, body }) =>
      type === 'ConditionalCheckFailedException' ? { ...body, Item: undefined } : body,
  },
  'UPDATED_NEW returns what was there before': replaced(
    'ReturnValues',
    'UPDATED_NEW',
    'UPDATED_OLD',
  ),
  'strong reads cost as much as others': changed('GetItem', (body) => ({
    ...body,
    ConsistentRead: false,
  })),
  'the legacy OR is an AND': replaced('ConditionalOperator', 'OR', 'AND'),
  'attributes of keys only are projected by no index': {
    told: ({ body: { IndexName } }, { body }) =>
      IndexName === 'by-jn' && Array.isArray(body.Items)
        ? { ...body, Items: body.Items.map(({ r: _, ...item }: Json) => item) }
        : body,
  },
  'a deletion in a batch is forgotten': changed('BatchWriteItem', withoutDeletions),
}

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
