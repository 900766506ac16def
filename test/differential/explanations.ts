/** Known differences between DynamoDB Local and DynamoDB, in which the service follows DynamoDB.
 * The source is a page of DynamoDB's documentation, or the behaviour of its clients and their
 * tests. */

import type { Answer } from './peer.ts'
import type { Json } from './tables.ts'
import { type Explanation, ORDERS, WORDINGS } from './wordings.ts'

const CAPACITY = 'Developer guide, "DynamoDB read and write operations"'
const ITEM_WRITES = /^(Put|Update|Delete)Item$|^BatchWriteItem$/
const ITEMS = /Item$|^Query$|^Scan$/
const TYPE_FAULT =
  /document path; operator or function: attribute_type$|attribute_type, operand type: \{/

/** Whether the answers are equal without these members. */
function isSameWithout(theirs: Answer, ours: Answer, names: readonly string[]): boolean {
  const text = ({ status, body }: Answer) =>
    JSON.stringify([status, body], (name, value) => (names.includes(name) ? undefined : value))
  return theirs.status === 200 && text(theirs) === text(ours)
}

function units(capacity: unknown): number {
  const all = [capacity].flat() as (Json | undefined)[]
  return all.reduce((sum, each) => sum + Number(each?.CapacityUnits ?? 0), 0)
}

function unitsIn({ body }: Answer): number {
  const pages = (body.pages as Json[] | undefined) ?? [body]
  return pages.reduce((sum, { ConsumedCapacity }) => sum + units(ConsumedCapacity), 0)
}

export const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  'reading nothing has its price': {
    operations: /^(Query|Scan|BatchGetItem)$/,
    source: CAPACITY,
    explains: (_request, theirs, ours) =>
      isSameWithout(theirs, ours, ['ConsumedCapacity']) && unitsIn(theirs) < unitsIn(ours),
  },
  'the deletion of nothing has the price of one': {
    operations: /^BatchWriteItem$/,
    source: CAPACITY,
    explains: ({ body }, theirs, ours) =>
      JSON.stringify(body).includes('DeleteRequest') &&
      isSameWithout(theirs, ours, ['ConsumedCapacity', 'ItemCollectionMetrics']) &&
      unitsIn(theirs) > unitsIn(ours),
  },
  'capacity is shown where it was asked for': {
    operations: ITEM_WRITES,
    source: 'API reference, DeleteItem, "ReturnConsumedCapacity"',
    explains: ({ body }, theirs, ours) =>
      (body.ReturnConsumedCapacity ?? 'NONE') === 'NONE' &&
      theirs.body.ConsumedCapacity !== undefined &&
      ours.body.ConsumedCapacity === undefined &&
      isSameWithout(theirs, ours, ['ConsumedCapacity', 'ItemCollectionMetrics']),
  },
  'metrics of item collections': {
    operations: ITEM_WRITES,
    source: 'API reference, PutItem, "ItemCollectionMetrics"',
    explains: ({ body }, theirs, ours) =>
      body.ReturnItemCollectionMetrics === 'SIZE' &&
      ours.body.ItemCollectionMetrics !== undefined &&
      isSameWithout(theirs, ours, ['ItemCollectionMetrics']),
  },
  'removing from an item that is not there creates none': {
    operations: /^UpdateItem$/,
    source: 'API reference, UpdateItem, "UpdateExpression"',
    explains: ({ body }, theirs, ours) =>
      !/\b(set|add)\b/i.test(String(body.UpdateExpression ?? '')) &&
      ours.status === 200 &&
      ours.body.after === undefined &&
      (theirs.status === 200 || /document path/.test(theirs.message ?? '')),
  },
  'a choice that there is not': {
    operations: /./,
    source: 'API reference, PutItem, "ReturnConsumedCapacity": Valid Values',
    explains: (_request, theirs, ours) =>
      theirs.status === 200 &&
      /^1 validation error .* at '\w+' .*: Member must satisfy enum value set: /.test(
        ours.message ?? '',
      ),
  },
  'SIZE is a reserved word': {
    operations: ITEMS,
    source: 'Developer guide, "Reserved words in DynamoDB"',
    explains: (_request, _theirs, ours) =>
      /Attribute name is a reserved keyword; reserved keyword: size$/i.test(ours.message ?? ''),
  },
  'what a legacy condition may look for in an attribute': {
    operations: ITEMS,
    source: 'API reference, Condition, "ComparisonOperator": CONTAINS',
    explains: (_request, _theirs, ours) =>
      /CONTAINS is not valid for (BOOL|NULL) AttributeValue type$/.test(ours.message ?? ''),
  },
  'only what has a path has a type': {
    operations: ITEMS,
    source: 'Developer guide, "Condition expressions": attribute_type (path, type)',
    explains: (_request, _theirs, ours) => TYPE_FAULT.test(ours.message ?? ''),
  },
  'if_not_exists needs nothing but what is there': {
    operations: /^UpdateItem$/,
    source: 'Developer guide, "Update expressions": "Preventing attribute overwrites"',
    explains: ({ body }, theirs, ours) =>
      /if_not_exists *\([^()]*,[ (]*[^: (]/.test(String(body.UpdateExpression)) &&
      /refers to an attribute that does not exist in the item$/.test(theirs.message ?? '') &&
      ours.status === 200,
  },
  'an element of a list that was updated is returned alone': {
    operations: /^UpdateItem$/,
    source: 'API reference, UpdateItem, "ReturnValues"; tests of Alternator, run against DynamoDB',
    explains: ({ body }, theirs, ours) =>
      /^UPDATED_/.test(String(body.ReturnValues)) &&
      /\[ *\d+ *\]/.test(String(body.UpdateExpression)) &&
      isSameWithout(theirs, ours, ['Attributes']),
  },
  'an update without an action is a PUT': {
    operations: /^UpdateItem$/,
    source: 'API reference, AttributeValueUpdate, "Action"',
    explains: ({ body }, theirs, ours) =>
      Object.values((body.AttributeUpdates ?? {}) as Json).some(
        (each) => (each as Json).Action === undefined,
      ) &&
      theirs.status === 200 &&
      ours.status === 200,
  },
  'a scan of an index sees what the index has': {
    operations: /^Scan$/,
    source: 'Developer guide, "Local secondary indexes": "Scanning a local secondary index"',
    explains: ({ body }, theirs, ours) =>
      theirs.status === 200 &&
      ours.status === 200 &&
      body.IndexName !== undefined &&
      (body.FilterExpression ?? body.ScanFilter) !== undefined &&
      theirs.body.ScannedCount === ours.body.ScannedCount,
  },
  'a page that has reached its limit names its last key': {
    operations: /^Query$/,
    source: 'API reference, Query, "LastEvaluatedKey"',
    explains: ({ body }, theirs, ours) => {
      const [pages, others] = [theirs, ours].map(
        ({ body: { pages: each } }) => (each ?? []) as Json[],
      )
      const isOfIndex = body.IndexName !== undefined
      // Pages of an index are compared by what they hold together.
      const without = (all: Json[] = []) =>
        JSON.stringify(
          all.map(({ LastEvaluatedKey: _, ...page }) => (isOfIndex ? page.ScannedCount : page)),
        )
      return (
        body.Limit !== undefined &&
        others?.length === (pages?.length ?? 0) + 1 &&
        others.at(-1)?.ScannedCount === 0 &&
        without(pages) === without(others.slice(0, -1)) &&
        JSON.stringify(theirs.body.Items) === JSON.stringify(ours.body.Items)
      )
    },
  },
  'a text in place of which there is a number': {
    operations: /./,
    source: 'API reference, "Data types": the members of AttributeValue',
    explains: (_request, theirs, ours) =>
      theirs.status === 200 && ours.type === 'SerializationException',
  },
  'a table per request has no throughput': {
    operations: /^(Create|Update)Table$/,
    source: 'API reference, UpdateTable, "BillingMode"',
    explains: ({ body }, _theirs, ours) =>
      body.ProvisionedThroughput !== undefined &&
      /when BillingMode is PAY_PER_REQUEST$|'provisionedThroughput\./.test(ours.message ?? ''),
  },
  ...WORDINGS,
  ...ORDERS,
}
