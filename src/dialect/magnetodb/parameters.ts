import { validationError } from '../invalid-request.ts'
import type { Query } from '../wire.ts'
import { shortened } from './shortened.ts'

/** @throws if there are parameters with other names, or one of these names occurs twice */
export function refuseUnexpectedParameters(query: Query, names: readonly string[]): void {
  const expected = new Set(names)
  const leftovers = [...query].filter(([name]) => !expected.delete(name))
  if (leftovers.length === 0) return
  const pairs = leftovers.map(([name, value]) => `(${pythonText(name)}, ${pythonText(value)})`)
  const found = shortened(`MultiDict([${pairs.join(', ')}])`)
  throw validationError(`Unexpected properties were found for 'params': ${found}`)
}

/** The form of Python 2's `repr` of text, which clients and tests expect in this message. */
function pythonText(text: string): string {
  return `u'${text.replace(/[\\']/g, '\\$&').replace(/\n/g, '\\n')}'`
}
