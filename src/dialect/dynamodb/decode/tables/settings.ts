import type { TableSettings, Throughput } from '../../../../model/table.ts'
import { validationError } from '../../../invalid-request.ts'
import { INVALID_PARAMETERS } from '../../refusal.ts'
import { flag, text } from '../../shapes/scalars.ts'
import { type Read, structure } from '../../shapes/shape.ts'
import {
  billingMode,
  provisionedThroughput,
  type ThroughputInput,
  tableClass,
} from './table-shapes.ts'

const UNITS_MAX = 1_000_000_000_000

/** Table settings that UpdateTable can change. */
export const SETTINGS_PARAMETERS = {
  BillingMode: billingMode,
  ProvisionedThroughput: provisionedThroughput,
  TableClass: tableClass,
  DeletionProtectionEnabled: flag,
  StreamSpecification: structure({ StreamEnabled: flag, StreamViewType: text() }),
  SSESpecification: structure({ Enabled: flag, SSEType: text(), KMSMasterKeyId: text() }),
}

export type SettingsInput = {
  readonly [K in keyof typeof SETTINGS_PARAMETERS]?:
    | Read<(typeof SETTINGS_PARAMETERS)[K]>
    | undefined
}

/** Refuses features that the service does not have. @throws MagnetoDBError */
export function refuseMissingFeatures({ StreamSpecification, SSESpecification }: SettingsInput) {
  if (StreamSpecification?.StreamEnabled) throw validationError('Streams are not supported')
  if (SSESpecification?.Enabled) {
    throw validationError('Encryption with keys of their own is not supported for tables')
  }
}

/** Settings of a new table. @throws MagnetoDBError */
export function decodeSettings(input: SettingsInput, now: number): TableSettings {
  const { BillingMode = 'PROVISIONED', TableClass, DeletionProtectionEnabled } = input
  const throughput = decodeThroughput(input.ProvisionedThroughput)
  const isOnDemand = BillingMode === 'PAY_PER_REQUEST'
  if (isOnDemand && throughput) throw unitsWithoutUse()
  if (!isOnDemand && !throughput) {
    throw validationError(
      `${INVALID_PARAMETERS}ReadCapacityUnits and WriteCapacityUnits must both be specified when ` +
        'BillingMode is PROVISIONED',
    )
  }
  return {
    billingMode: BillingMode,
    ...(isOnDemand && { payPerRequestSince: now }),
    ...(throughput && { throughput }),
    ...(TableClass && { tableClass: TableClass }),
    ...(DeletionProtectionEnabled && { deletionProtection: true }),
  }
}

/** @throws MagnetoDBError if a number is larger than DynamoDB allows */
export function decodeThroughput(input: ThroughputInput | undefined): Throughput | undefined {
  if (input === undefined) return undefined
  for (const name of ['ReadCapacityUnits', 'WriteCapacityUnits'] as const) {
    if (input[name] > UNITS_MAX) {
      throw validationError(`Given value ${input[name]} for ${name} is out of bounds`)
    }
  }
  return { readUnits: input.ReadCapacityUnits, writeUnits: input.WriteCapacityUnits }
}

export function unitsWithoutUse() {
  return validationError(
    `${INVALID_PARAMETERS}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when ` +
      'BillingMode is PAY_PER_REQUEST',
  )
}
