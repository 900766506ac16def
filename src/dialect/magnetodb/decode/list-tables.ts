import { validationError } from '../../../model/errors.ts'
import { shortened } from '../../../model/shortened.ts'
import type { ListTables } from '../../../operations/list-tables.ts'
import { requireTableName } from '../names.ts'
import { optionalLimit } from '../properties.ts'
import type { V1Request } from '../request.ts'

const PARAMETERS = new Set(['exclusive_start_table_name', 'limit'])

export function decodeListTables({ query }: V1Request): ListTables {
  const start = query.get('exclusive_start_table_name')
  const exclusiveStartTable = start ? requireTableName(start) : undefined
  const limit = optionalLimit(query.get('limit') || null)
  refuseUnexpectedParameters(query)
  return {
    ...(exclusiveStartTable && { exclusiveStartTable }),
    ...(limit && { limit }),
  }
}

/** Also the second and later values of a known parameter. */
function refuseUnexpectedParameters(query: URLSearchParams): void {
  const expected = new Set(PARAMETERS)
  const leftovers = [...query].filter(([name]) => !expected.delete(name))
  if (leftovers.length === 0) return
  const pairs = leftovers.map(([name, value]) => `(${pythonText(name)}, ${pythonText(value)})`)
  const found = shortened(`MultiDict([${pairs.join(', ')}])`)
  throw validationError(`Unexpected properties were found for 'params': ${found}`)
}

/** As Python 2 shows text, in which form clients and tests know this message. */
function pythonText(text: string): string {
  return `u'${text.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n')}'`
}
