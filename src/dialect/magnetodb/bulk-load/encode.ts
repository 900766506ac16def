import type { MagnetoDBError } from '../../../model/errors.ts'
import type { BulkLoadResult, LoadCounts } from '../../../operations/batches/bulk-load.ts'
import { V1_ERRORS } from '../errors.ts'
import { messageOf } from '../messages.ts'

export function encodeBulkLoad(result: BulkLoadResult): string {
  const { lastLine, failures } = result
  const lastItem = lastLine ? JSON.stringify(lastLine.text()) : 'null'
  const failed = new Map(
    failures.map(({ line, error }) => [
      // A line may be long: that of the last is not quoted again.
      line === lastLine ? lastItem : JSON.stringify(line.text()),
      error,
    ]),
  )
  const failedItems = [...failed].map(
    ([text, error]) => `${text}:${JSON.stringify(pythonException(error))}`,
  )
  return `{${countMembers(result)},"last_item":${lastItem},"failed_items":{${failedItems.join()}}}`
}

export function encodeCounts(counts: LoadCounts): string {
  return `{${countMembers(counts)}}`
}

function countMembers({ read, processed, unprocessed, failed }: LoadCounts): string {
  return (
    `"read":${read},"processed":${processed},` + `"unprocessed":${unprocessed},"failed":${failed}`
  )
}

/** The form of Python 2's `repr` of an exception, which clients expect. */
function pythonException(error: MagnetoDBError): string {
  const message = messageOf(error.reason)
  const quote = message.includes("'") && !message.includes('"') ? '"' : "'"
  const escaped = message.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`)
  return `${V1_ERRORS[error.code].type}(${quote}${escaped}${quote},)`
}
