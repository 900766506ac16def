import type {
  KeySchema,
  SecondaryIndex,
  TableDefinition,
  TableSettings,
  Throughput,
} from '../../../model/table.ts'
import { keyAttributeNames } from '../../../model/table.ts'
import type { WireRequest } from '../../wire.ts'
import { tableArn } from '../table-arn.ts'

type Status = 'ACTIVE' | 'CREATING' | 'UPDATING' | 'DELETING'

/** Encodes descriptions of tables, with ARNs of one region. */
export class TableEncoder {
  readonly #region: string

  constructor(region: string) {
    this.#region = region
  }

  /** A new table shows as CREATING, as clients expect. */
  readonly created = (definition: TableDefinition, request: WireRequest): string =>
    this.#answer('TableDescription', definition, request, 'CREATING')

  readonly described = (definition: TableDefinition, request: WireRequest): string =>
    this.#answer('Table', definition, request, statusOf(definition))

  readonly updated = (definition: TableDefinition, request: WireRequest): string =>
    this.#answer('TableDescription', definition, request, 'UPDATING')

  readonly deleted = (definition: TableDefinition, request: WireRequest): string =>
    this.#answer('TableDescription', definition, request, 'DELETING')

  #answer(
    member: 'Table' | 'TableDescription',
    definition: TableDefinition,
    { context }: WireRequest,
    status: Status,
  ): string {
    const arn = tableArn(this.#region, context?.projectId ?? '', definition.name)
    return JSON.stringify({ [member]: describe(definition, arn, status) })
  }
}

/** DELETE_FAILED shows as DELETING, since the service keeps trying. */
function statusOf({ status }: TableDefinition): Status {
  return status === 'ACTIVE' ? 'ACTIVE' : 'DELETING'
}

function describe(definition: TableDefinition, arn: string, status: Status) {
  const { id, name, key, indexes, settings, createdAt } = definition
  return {
    AttributeDefinitions: keyDefinitions(definition),
    TableName: name,
    KeySchema: describeKey(key),
    TableStatus: status,
    CreationDateTime: seconds(createdAt),
    ProvisionedThroughput: describeThroughput(settings.throughput),
    TableSizeBytes: 0,
    ItemCount: 0,
    TableArn: arn,
    TableId: id,
    ...describeSettings(settings),
    ...(indexes.length > 0 && {
      LocalSecondaryIndexes: indexes.map((index) => describeIndex(index, key.hash, arn)),
    }),
  }
}

/** Key attributes only. v1 may have defined others, which DynamoDB does not know. */
function keyDefinitions({ attributeTypes, key, indexes }: TableDefinition) {
  const names = new Set([...keyAttributeNames(key), ...indexes.map(({ range }) => range)])
  return [...attributeTypes]
    .filter(([name]) => names.has(name))
    .map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }))
}

function describeKey({ hash, range }: KeySchema) {
  const schema = [{ AttributeName: hash, KeyType: 'HASH' }]
  if (range !== undefined) schema.push({ AttributeName: range, KeyType: 'RANGE' })
  return schema
}

/** Tables of v1 have no throughput, and no limit. */
function describeThroughput(throughput: Throughput | undefined) {
  const { readUnits = 0, writeUnits = 0, increasedAt, decreasedAt } = throughput ?? {}
  return {
    ...(increasedAt !== undefined && { LastIncreaseDateTime: seconds(increasedAt) }),
    ...(decreasedAt !== undefined && { LastDecreaseDateTime: seconds(decreasedAt) }),
    NumberOfDecreasesToday: 0,
    ReadCapacityUnits: readUnits,
    WriteCapacityUnits: writeUnits,
  }
}

function describeSettings(settings: TableSettings) {
  const { billingMode, payPerRequestSince, tableClass, tableClassSince } = settings
  const isOnDemand = billingMode !== 'PROVISIONED'
  return {
    ...((isOnDemand || payPerRequestSince !== undefined) && {
      BillingModeSummary: {
        BillingMode: isOnDemand ? 'PAY_PER_REQUEST' : 'PROVISIONED',
        ...(payPerRequestSince !== undefined && {
          LastUpdateToPayPerRequestDateTime: seconds(payPerRequestSince),
        }),
      },
    }),
    ...(tableClass && {
      TableClassSummary: {
        TableClass: tableClass,
        ...(tableClassSince !== undefined && { LastUpdateDateTime: seconds(tableClassSince) }),
      },
    }),
    DeletionProtectionEnabled: settings.deletionProtection ?? false,
  }
}

function describeIndex({ name, range, projection }: SecondaryIndex, hash: string, arn: string) {
  return {
    IndexName: name,
    KeySchema: describeKey({ hash, range }),
    Projection: {
      ProjectionType: projection.type,
      ...(projection.type === 'INCLUDE' && { NonKeyAttributes: projection.nonKeyAttributes }),
    },
    IndexSizeBytes: 0,
    ItemCount: 0,
    IndexArn: `${arn}/index/${name}`,
  }
}

function seconds(milliseconds: number): number {
  return milliseconds / 1000
}
