import { andThen, type Stepped } from '../../../../model/steps.ts'
import type { TableDefinition, TableSettings, Throughput } from '../../../../model/table.ts'
import type { UpdateTable } from '../../../../operations/tables/update-table.ts'
import { validationError } from '../../../invalid-request.ts'
import type { WireRequest } from '../../../wire.ts'
import { INVALID_PARAMETERS } from '../../refusal.ts'
import { list } from '../../shapes/collections.ts'
import { text } from '../../shapes/scalars.ts'
import { type Read, structure } from '../../shapes/shape.ts'
import { inputOf } from '../parameters.ts'
import { requiredTable } from './named-table.ts'
import {
  decodeThroughput,
  refuseMissingFeatures,
  SETTINGS_PARAMETERS,
  unitsWithoutUse,
} from './settings.ts'
import { attributeDefinitions } from './table-shapes.ts'

const SHAPE = structure({
  TableName: text({ pattern: '[a-zA-Z0-9_.-]+', lengthMin: 1, lengthMax: 255 }),
  ...SETTINGS_PARAMETERS,
  AttributeDefinitions: attributeDefinitions,
  GlobalSecondaryIndexUpdates: list(structure({})),
  ReplicaUpdates: list(structure({})),
})

type Input = Read<typeof SHAPE>

export function decodeUpdateTable(request: WireRequest): Stepped<UpdateTable> {
  return andThen(inputOf(SHAPE, request), updateOf)
}

function updateOf(input: Input): UpdateTable {
  const table = requiredTable(input.TableName)
  const { BillingMode, ProvisionedThroughput, GlobalSecondaryIndexUpdates, ReplicaUpdates } = input
  if (!isAnythingAsked(input)) {
    throw validationError(
      'At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, ' +
        'GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required',
    )
  }
  if (BillingMode === 'PROVISIONED' && !ProvisionedThroughput) {
    throw validationError(
      `${INVALID_PARAMETERS}ProvisionedThroughput must be specified when BillingMode is ` +
        'PROVISIONED',
    )
  }
  const throughput = decodeThroughput(ProvisionedThroughput)
  refuseMissingFeatures(input)
  if (GlobalSecondaryIndexUpdates && GlobalSecondaryIndexUpdates.length > 0) {
    throw validationError('Global secondary indexes are not supported yet')
  }
  if (ReplicaUpdates && ReplicaUpdates.length > 0) {
    throw validationError('Replicas are not supported')
  }
  return { table, change: (definition) => changed(definition, input, throughput) }
}

function isAnythingAsked(input: Input): boolean {
  const { TableName, AttributeDefinitions, ...asked } = input
  return Object.values(asked).some((each) => each !== undefined)
}

/** @throws MagnetoDBError if the change contradicts the table's settings or changes nothing */
function changed(
  { settings }: TableDefinition,
  { BillingMode, TableClass, DeletionProtectionEnabled }: Input,
  asked: Throughput | undefined,
): TableSettings {
  const now = Date.now()
  const billingMode = BillingMode ?? settings.billingMode ?? 'PAY_PER_REQUEST'
  if (asked && billingMode === 'PAY_PER_REQUEST') throw unitsWithoutUse()
  const { throughput, ...others } = settings
  if (asked && throughput) refuseSame(throughput, asked)
  const kept = billingMode === 'PROVISIONED' ? throughput : undefined
  const next = asked ? timed(asked, throughput, now) : kept
  const isNewlyOnDemand =
    billingMode === 'PAY_PER_REQUEST' && settings.billingMode !== 'PAY_PER_REQUEST'
  return {
    ...others,
    billingMode,
    ...(isNewlyOnDemand && { payPerRequestSince: now }),
    ...(next && { throughput: next }),
    ...(TableClass && { tableClass: TableClass, tableClassSince: now }),
    ...(DeletionProtectionEnabled !== undefined && {
      deletionProtection: DeletionProtectionEnabled,
    }),
  }
}

function timed(asked: Throughput, before: Throughput | undefined, now: number): Throughput {
  if (before === undefined) return asked
  const isMore = asked.readUnits > before.readUnits || asked.writeUnits > before.writeUnits
  const isLess = asked.readUnits < before.readUnits || asked.writeUnits < before.writeUnits
  return {
    ...before,
    ...asked,
    ...(isMore && { increasedAt: now }),
    ...(isLess && { decreasedAt: now }),
  }
}

function refuseSame(before: Throughput, asked: Throughput): void {
  if (before.readUnits !== asked.readUnits || before.writeUnits !== asked.writeUnits) return
  throw validationError(
    'The provisioned throughput for the table will not change. The requested value equals the ' +
      'current value. Current ReadCapacityUnits provisioned for the table: ' +
      `${before.readUnits}. Requested ReadCapacityUnits: ${asked.readUnits}. ` +
      `Current WriteCapacityUnits provisioned for the table: ${before.writeUnits}. Requested ` +
      `WriteCapacityUnits: ${asked.writeUnits}. Refer to the Amazon DynamoDB Developer Guide for ` +
      'current limits and how to request higher limits.',
  )
}
