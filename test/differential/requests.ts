import type { Chooser } from './chooser.ts'
import { condition } from './expressions/conditions.ts'
import { keyCondition } from './expressions/key-conditions.ts'
import { Placeholders } from './expressions/placeholders.ts'
import { projection } from './expressions/projections.ts'
import { update } from './expressions/updates.ts'
import { LegacyParameters } from './legacy.ts'
import { mutated } from './mutations.ts'
import { TableRequests } from './table-requests.ts'
import { type Json, TABLES, type TableShape } from './tables.ts'
import { Values } from './values.ts'

export interface Request {
  readonly operation: string
  readonly body: Json
}

const MUTATED_PERCENT = 6

/** Complete requests, most of them valid. */
export class Requests {
  readonly #chooser: Chooser
  readonly #values: Values
  readonly #tables: TableRequests
  readonly #legacy: LegacyParameters
  /** For each table, keys of items that probably exist. */
  readonly #present = new Map<string, Json[]>()

  constructor(chooser: Chooser) {
    this.#chooser = chooser
    this.#values = new Values(chooser)
    this.#tables = new TableRequests(chooser)
    this.#legacy = new LegacyParameters(chooser, this.#values)
  }

  next(): Request {
    const whole = this.#whole()
    return this.#chooser.chance(MUTATED_PERCENT) ? mutated(this.#chooser, whole) : whole
  }

  #whole(): Request {
    const c = this.#chooser
    const table = c.pick([...TABLES, ...TABLES.slice(0, 1)])
    const about = (operation: string, make: (p: Placeholders) => Json) => () =>
      this.#request(operation, table, make)
    return c.choose<Request>('operation', {
      PutItem: [20, about('PutItem', (p) => this.#put(table, p))],
      UpdateItem: [24, about('UpdateItem', (p) => this.#update(table, p))],
      DeleteItem: [8, about('DeleteItem', (p) => this.#delete(table, p))],
      GetItem: [12, about('GetItem', (p) => this.#get(table, p))],
      Query: [20, about('Query', (p) => this.#query(table, p))],
      Scan: [12, about('Scan', (p) => this.#scan(table, p))],
      BatchGetItem: [6, () => this.#batchGet()],
      BatchWriteItem: [6, () => this.#batchWrite()],
      tables: [5, () => this.#tables.next()],
    })
  }

  /** Must be called after each successful request, since later ones depend on the tables that
   * exist. */
  succeeded(request: Request): void {
    this.#tables.succeeded(request)
  }

  #put(table: TableShape, p: Placeholders): Json {
    return {
      Item: this.#newItem(table),
      ...this.#condition(p),
      ...this.#write(['NONE', 'ALL_OLD']),
    }
  }

  #delete(table: TableShape, p: Placeholders): Json {
    const c = this.#chooser
    return {
      Key: this.#deletedKey(table),
      ...this.#condition(p),
      ...this.#write(['NONE', 'ALL_OLD']),
      // TOTAL, because for a missing item DynamoDB Local reports the capacity even if not asked.
      ReturnConsumedCapacity: c.chance(95) ? 'TOTAL' : c.pick(['NONE', 'INDEXES']),
    }
  }

  #update(table: TableShape, p: Placeholders): Json {
    const how = this.#chooser.choose<Json>('update', {
      expression: [14, () => this.#updated(table, p)],
      'key only': () => this.#condition(p),
      legacy: [3, () => this.#legacyUpdate()],
    })
    return {
      Key: this.#key(table, 95),
      ...how,
      ...this.#write(['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW']),
    }
  }

  /** An update that cannot create an item usually has the condition that the item exists. */
  #updated({ hash }: TableShape, p: Placeholders): Json {
    const UpdateExpression = update(p)
    if (/\b(set|add)\b/i.test(UpdateExpression) || this.#chooser.chance(1)) {
      return { UpdateExpression, ...this.#condition(p) }
    }
    return { UpdateExpression, ConditionExpression: `attribute_exists(${p.name(hash)})` }
  }

  /** Most updates without an action fail: DynamoDB Local does not take one for a PUT. */
  #legacyUpdate(): Json {
    const updates = this.#legacy.updates()
    const isPlain = Object.values(updates.AttributeUpdates as Json).every(
      (each) => (each as Json).Action !== undefined,
    )
    if (isPlain || this.#chooser.chance(10)) {
      return { ...updates, ...this.#chooser.pick([{}, this.#legacy.expected()]) }
    }
    return { ...updates, Expected: { nothing: { ComparisonOperator: 'NOT_NULL' } } }
  }

  #get(table: TableShape, p: Placeholders): Json {
    return {
      Key: this.#key(table, 80),
      ...this.#projection(p),
      ...this.#consistency(),
      ...this.#capacity(8),
    }
  }

  #query(table: TableShape, p: Placeholders): Json {
    const c = this.#chooser
    const index = this.#index(table)
    const range = index?.range ?? table.range
    const legacyKey = () => this.#legacy.keyConditions(table.hash, range)
    const expression = () => ({ KeyConditionExpression: keyCondition(p, table.hash, range) })
    const legacyFilter = () => c.pick([{}, this.#legacy.filter('QueryFilter')])
    const how = c.choose<Json>('query', {
      expressions: [5, () => ({ ...expression(), ...this.#filter(p) })],
      legacy: [2, () => ({ ...legacyKey(), ...legacyFilter() })],
      'legacy with a filter expression': () => ({ ...legacyKey(), ...this.#filter(p) }),
    })
    const direction = c.member('ScanIndexForward', 40, () => c.chance(30))
    return {
      ...(index && { IndexName: index.name }),
      ...how,
      ...this.#page(p, index !== undefined, how, range === undefined ? 1 : 8),
      ...direction,
    }
  }

  #scan(table: TableShape, p: Placeholders): Json {
    const c = this.#chooser
    const index = this.#index(table)
    const isPartial = index !== undefined && index.projection.ProjectionType !== 'ALL'
    const how = c.choose<Json>('scan', {
      plain: [isPartial ? 120 : 2, () => ({})],
      filtered: [5, () => this.#filter(p)],
      legacy: () => this.#legacy.filter('ScanFilter'),
    })
    const segments = c.maybe('segments', 15, () => ({ Segment: 0, TotalSegments: 1 + c.below(3) }))
    return {
      ...(index && { IndexName: index.name }),
      ...how,
      ...this.#page(p, index !== undefined, how),
      ...segments,
    }
  }

  #batchGet(): Request {
    const isLegacy = this.#chooser.chance(15)
    return this.#batch('BatchGetItem', (table) => {
      const p = new Placeholders(this.#chooser, this.#values)
      const Keys = this.#distinct(table, () => this.#values.keyOf(table))
      const members = isLegacy ? this.#legacy.attributesToGet() : this.#projected(p)
      return { Keys, ...members, ...p.members() }
    })
  }

  #batchWrite(): Request {
    const { operation, body } = this.#batch('BatchWriteItem', (table) => {
      const items = this.#distinct(table, () => this.#values.item(table))
      return items.map((item) => this.#batched(table, item))
    })
    return { operation, body: { ...body, ...this.#collections() } }
  }

  #batch(operation: string, of: (table: TableShape) => unknown): Request {
    const tables = this.#chooser.some(TABLES, 1 + this.#chooser.below(2))
    const RequestItems = Object.fromEntries(tables.map((table) => [table.name, of(table)]))
    return { operation, body: { RequestItems, ...this.#capacity() } }
  }

  #batched(table: TableShape, Item: Json): Json {
    return this.#chooser.choose<Json>('batched write', {
      put: [3, () => ({ PutRequest: { Item } })],
      delete: () => ({ DeleteRequest: { Key: keyIn(table, Item) } }),
    })
  }

  /** Some items or keys, usually only one per key. */
  #distinct(table: TableShape, make: () => Json): readonly Json[] {
    const items = this.#chooser.times(1, 5, make)
    if (this.#chooser.chance(4)) return items
    const key = (item: Json) =>
      JSON.stringify(keyIn(table, item)).replaceAll('.0', '').replace('e0', '')
    return [...new Map(items.map((item) => [key(item), item])).values()]
  }

  #request(operation: string, table: TableShape, make: (p: Placeholders) => Json): Request {
    const p = new Placeholders(this.#chooser, this.#values)
    return { operation, body: { TableName: table.name, ...make(p), ...p.members() } }
  }

  #newItem(table: TableShape): Json {
    const item = this.#values.item(table)
    this.#present.set(table.name, [...this.#presentIn(table).slice(-20), keyIn(table, item)])
    return item
  }

  #presentIn({ name }: TableShape): Json[] {
    return this.#present.get(name) ?? []
  }

  #key(table: TableShape, percentPresent: number): Json {
    const present = this.#presentIn(table)
    const isPresent = present.length > 0 && this.#chooser.chance(percentPresent)
    return structuredClone(isPresent ? this.#chooser.pick(present) : this.#values.keyOf(table))
  }

  /** Usually the key of an existing item, which is then forgotten. */
  #deletedKey(table: TableShape): Json {
    const key = this.#key(table, 97)
    const others = this.#presentIn(table).filter(
      (each) => JSON.stringify(each) !== JSON.stringify(key),
    )
    this.#present.set(table.name, others)
    return key
  }

  #index(table: TableShape) {
    if (table.indexes.length === 0) return undefined
    return this.#chooser.maybe('index', 40, () => this.#chooser.pick(table.indexes))
  }

  #condition(p: Placeholders): Json {
    return this.#chooser.choose<Json>('condition of a write', {
      none: [5, () => ({})],
      expression: [5, () => ({ ConditionExpression: condition(p) })],
      legacy: [p.isUsed() ? 0 : 1, () => this.#legacy.expected()],
    })
  }

  #filter(p: Placeholders): Json {
    return this.#chooser.member('FilterExpression', 60, () => condition(p))
  }

  #projected(p: Placeholders): Json {
    return this.#chooser.chance(50) ? { ProjectionExpression: projection(p) } : {}
  }

  #projection(p: Placeholders): Json {
    return this.#chooser.choose<Json>('attributes asked for', {
      all: [4, () => ({})],
      expression: [4, () => ({ ProjectionExpression: projection(p) })],
      legacy: () => this.#legacy.attributesToGet(),
    })
  }

  #page(p: Placeholders, isIndex: boolean, how: Json, limited = 20): Json {
    const c = this.#chooser
    const isLegacy = 'QueryFilter' in how || 'ScanFilter' in how
    const attributes = () =>
      isLegacy ? this.#legacy.attributesToGet() : { ProjectionExpression: projection(p) }
    const select = c.choose<Json>('Select', {
      none: [4, () => ({})],
      ALL_ATTRIBUTES: () => ({ Select: 'ALL_ATTRIBUTES' }),
      ALL_PROJECTED_ATTRIBUTES: [isIndex ? 2 : 0, () => ({ Select: 'ALL_PROJECTED_ATTRIBUTES' })],
      COUNT: () => ({ Select: 'COUNT' }),
      SPECIFIC_ATTRIBUTES: () => ({ Select: 'SPECIFIC_ATTRIBUTES', ...attributes() }),
      'only attributes': () => attributes(),
    })
    const limit = c.member('Limit', limited, () => 1 + c.below(4))
    return { ...select, ...limit, ...this.#consistency(), ...this.#capacity() }
  }

  #write(returned: readonly string[]): Json {
    const c = this.#chooser
    const onFailure = () => c.pick(['NONE', 'ALL_OLD'])
    return {
      ...c.member('ReturnValues', 50, () => c.pick(returned)),
      ...c.member('ReturnValuesOnConditionCheckFailure', 30, onFailure),
      ...this.#collections(),
      ...this.#capacity(8),
    }
  }

  #consistency(): Json {
    return this.#chooser.member('ConsistentRead', 30, () => this.#chooser.chance(70))
  }

  #capacity(percent = 1): Json {
    const wanted = () => this.#chooser.pick(['NONE', 'TOTAL', 'INDEXES'])
    return this.#chooser.member('ReturnConsumedCapacity', percent, wanted)
  }

  #collections(): Json {
    const wanted = () => this.#chooser.pick([...Array(25).fill('NONE'), 'SIZE'])
    return this.#chooser.member('ReturnItemCollectionMetrics', 1, wanted)
  }
}

function keyIn({ hash, range }: TableShape, item: Json): Json {
  return { [hash]: item[hash], ...(range !== undefined && { [range]: item[range] }) }
}
