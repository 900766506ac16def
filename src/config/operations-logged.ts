import type { ValueType } from './value-type.ts'

export type OperationsLogged =
  | { readonly are: 'none' | 'all' | 'errors' }
  /** Operations that failed or took at least `slowMs`. */
  | { readonly are: 'errors_and_slow'; readonly slowMs: number }

const WORDS: Readonly<Record<string, 'none' | 'all' | 'errors'>> = {
  ...{ false: 'none', '0': 'none', off: 'none', no: 'none' },
  ...{ true: 'all', '1': 'all', on: 'all', yes: 'all' },
  errors: 'errors',
}
const SLOW = /^slow:(\d{1,6})ms$/

/** `false`, `true`, `errors` or `slow:20ms`. */
export function operationsLogged(): ValueType<OperationsLogged> {
  return {
    name: 'string value',
    expected: 'false, true, errors, or a time in milliseconds such as slow:20ms',
    sampleLines: [],
    parse: (text) => {
      const word = text.toLowerCase()
      const are = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined
      if (are !== undefined) return { are }
      const [, digits] = SLOW.exec(word) ?? []
      return digits === undefined ? undefined : { are: 'errors_and_slow', slowMs: Number(digits) }
    },
    format: (value) => {
      switch (value.are) {
        case 'none':
          return 'false'
        case 'all':
          return 'true'
        case 'errors':
          return 'errors'
        case 'errors_and_slow':
          return `slow:${value.slowMs}ms`
      }
    },
  }
}
