/**
 * All tests import uvu from here. `npm test -- --title TEXT` sets a variable of the environment. If
 * it is set, only tests are registered whose suite and title contain its text.
 */
import { inspect } from 'node:util'
import { type Callback, type Test, suite as uvuSuite } from 'uvu'

export type { Test }

export const TITLE_VARIABLE = 'MAGNETODB_TEST_TITLE'

const sought = process.env[TITLE_VARIABLE]?.toLowerCase()

export function suite<T = Record<string, unknown>>(name = '', context?: T): Test<T> {
  const all = tellingCauses(uvuSuite(name, context))
  return sought === undefined ? all : matching(all, name, sought)
}

export const test = suite()

/** Adds causes to errors' messages. uvu prints only messages, but `fetch` has reasons in causes. */
function tellingCauses<T>(all: Test<T>): Test<T> {
  const telling =
    (body: Callback<T>): Callback<T> =>
    async (context) => {
      try {
        await body(context)
      } catch (error) {
        if (error instanceof Error && error.cause !== undefined) {
          error.message += `: ${inspect(error.cause)}`
        }
        throw error
      }
    }
  const add = (title: string, body: Callback<T>) => all(title, telling(body))
  return Object.assign(add, {
    before: all.before,
    after: all.after,
    only: (title: string, body: Callback<T>) => all.only(title, telling(body)),
    skip: all.skip,
    run: all.run,
  })
}

function matching<T>(all: Test<T>, suiteName: string, text: string): Test<T> {
  let isEmpty = true
  const ifMatched =
    (add: (title: string, body: Callback<T>) => void) => (title: string, body: Callback<T>) => {
      if (!`${suiteName} ${title}`.toLowerCase().includes(text)) return
      isEmpty = false
      add(title, body)
    }
  return Object.assign(ifMatched(all), {
    before: all.before,
    after: all.after,
    only: ifMatched(all.only),
    skip: (title = '', body: Callback<T> = () => {}) => ifMatched(all.skip)(title, body),
    // Without tests, the hooks of a suite must not run either.
    run: () => {
      if (!isEmpty) all.run()
    },
  })
}
