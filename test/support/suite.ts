/**
 * All tests import uvu from here. `npm test -- --title TEXT` sets a variable of the environment. If
 * it is set, only tests are registered whose suite and title contain its text.
 */
import { inspect } from 'node:util'
import { type Callback, type Test, suite as uvuSuite } from 'uvu'

export type { Test }

export const TITLE_VARIABLE = 'MAGNETODB_TEST_TITLE'

const sought = (process.env[TITLE_VARIABLE] ?? '').toLowerCase()

export function suite<T = Record<string, unknown>>(name = '', context?: T): Test<T> {
  const all = uvuSuite(name, context)
  let isEmpty = true
  const adding =
    (add: (title: string, body: Callback<T>) => void) => (title: string, body: Callback<T>) => {
      if (!`${name} ${title}`.toLowerCase().includes(sought)) return
      isEmpty = false
      add(title, tellingCauses(body))
    }
  return Object.assign(adding(all), {
    before: all.before,
    after: all.after,
    only: adding(all.only),
    skip: (title = '', body: Callback<T> = () => {}) => adding(all.skip)(title, body),
    // Without a sought test, the hooks of a suite must not run either.
    run: () => {
      if (!isEmpty || sought === '') all.run()
    },
  })
}

export const test = suite()

/** Adds causes to errors' messages. uvu prints only messages, but `fetch` has reasons in causes. */
function tellingCauses<T>(body: Callback<T>): Callback<T> {
  return async (context) => {
    try {
      await body(context)
    } catch (error) {
      if (error instanceof Error && error.cause !== undefined) {
        error.message += `: ${inspect(error.cause)}`
      }
      throw error
    }
  }
}
