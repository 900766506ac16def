import type { BulkLoad } from '../../../operations/batches/bulk-load.ts'
import { validationError } from '../../invalid-request.ts'
import type { Query, WireRequest, WireUpload } from '../../wire.ts'
import { itemTable } from '../names.ts'
import { refuseUnexpectedParameters } from '../parameters.ts'
import { shortened } from '../shortened.ts'
import { encodeCounts } from './encode.ts'
import { receivedLines } from './received-lines.ts'

/** The body has one item per line, encoded like PutItem's `item`. `?progress=true` requests reports
 * of the progress. */
export function decodeBulkLoad(request: WireRequest, upload: WireUpload): BulkLoad {
  const table = itemTable(request)
  const isTold = progress(request.query)
  refuseUnexpectedParameters(request.query, ['progress'])
  if (isTold) upload.showProgress()
  return {
    table,
    lines: receivedLines(upload.chunks()),
    onProgress(counts) {
      upload.report(encodeCounts(counts))
    },
  }
}

function progress(query: Query): boolean {
  const text = query.get('progress')
  switch (text?.toLowerCase()) {
    case 'true':
      return true
    case undefined:
    case 'false':
      return false
    default:
      throw validationError(
        `Wrong 'progress' type. Boolean is expected, but "${shortened(text ?? '')}" found`,
      )
  }
}
