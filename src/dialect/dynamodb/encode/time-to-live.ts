import type { TimeToLive } from '../../../model/table.ts'
import type { WireRequest } from '../../wire.ts'
import type { TimeToLiveUpdate } from '../decode/tables/time-to-live.ts'

export function encodeTimeToLiveUpdate(
  _result: unknown,
  _request: WireRequest,
  { specification: TimeToLiveSpecification }: TimeToLiveUpdate,
): string {
  return JSON.stringify({ TimeToLiveSpecification })
}

export function encodeTimeToLive(timeToLive: TimeToLive | undefined): string {
  return JSON.stringify({
    TimeToLiveDescription: {
      TimeToLiveStatus: statusOf(timeToLive),
      ...(timeToLive && { AttributeName: timeToLive.attribute }),
    },
  })
}

function statusOf(timeToLive: TimeToLive | undefined): 'DISABLED' | 'ENABLED' | 'ENABLING' {
  if (!timeToLive) return 'DISABLED'
  return timeToLive.enabling === undefined ? 'ENABLED' : 'ENABLING'
}
