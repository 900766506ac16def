import { andThen, type Stepped } from '../../../../model/steps.ts'
import type { TableDefinition } from '../../../../model/table.ts'
import type { UpdateTimeToLive } from '../../../../operations/tables/update-time-to-live.ts'
import { validationError } from '../../../invalid-request.ts'
import type { WireRequest } from '../../../wire.ts'
import { flag, text } from '../../shapes/scalars.ts'
import { mandatory, type Read, structure } from '../../shapes/shape.ts'
import { inputOf } from '../parameters.ts'
import { requiredTable } from './named-table.ts'

const specification = structure({
  Enabled: mandatory(flag),
  AttributeName: mandatory(text({ lengthMin: 1, lengthMax: 255 })),
})

const SHAPE = structure({
  TableName: text({ pattern: '[a-zA-Z0-9_.-]+', lengthMin: 1, lengthMax: 255 }),
  TimeToLiveSpecification: specification,
})

type Specification = Read<typeof specification>

/** With the specification, which the answer repeats. */
export type TimeToLiveUpdate = UpdateTimeToLive & { readonly specification: Specification }

export function decodeUpdateTimeToLive(request: WireRequest): Stepped<TimeToLiveUpdate> {
  return andThen(inputOf(SHAPE, request), ({ TableName, TimeToLiveSpecification: asked }) => {
    const table = requiredTable(TableName)
    if (!asked) {
      throw validationError(
        "The parameter 'TimeToLiveSpecification' is required but was not present in the request",
      )
    }
    return {
      ...{ table, specification: asked },
      attribute: asked.Enabled ? asked.AttributeName : undefined,
      check: (definition) => refuseContradiction(definition, asked),
    }
  })
}

/** Refuses another attribute before the current one is disabled. */
function refuseContradiction(
  { timeToLive }: TableDefinition,
  { Enabled, AttributeName }: Specification,
): void {
  if (!timeToLive) {
    if (!Enabled) throw validationError('TimeToLive is already disabled')
    return
  }
  const { attribute: current } = timeToLive
  if (current !== AttributeName) {
    throw validationError(
      `TimeToLive is active on a different AttributeName: current AttributeName is ${current}`,
    )
  }
  if (Enabled) throw validationError('TimeToLive is already enabled')
}
