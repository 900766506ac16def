import { validationError } from '../invalid-request.ts'
import { shortened } from './shortened.ts'

/** @throws for parameters of other names, and for second and later values of these */
export function refuseUnexpectedParameters(query: URLSearchParams, names: readonly string[]): void {
  const expected = new Set(names)
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
