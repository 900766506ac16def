/**
 * The one place from which tests take uvu. With a title in the environment, which `npm test --
 * --title TEXT` sets, only tests whose suite and title hold that text are there.
 */
import { type Callback, type Test, suite as uvuSuite } from 'uvu'

export type { Test }

export const TITLE_VARIABLE = 'MAGNETODB_TEST_TITLE'

const sought = process.env[TITLE_VARIABLE]?.toLowerCase()

export function suite<T = Record<string, unknown>>(name = '', context?: T): Test<T> {
  const all = uvuSuite(name, context)
  return sought === undefined ? all : matching(all, name, sought)
}

export const test = suite()

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
    // Hooks of a suite prepare for its tests: they do not run for none.
    run: () => {
      if (!isEmpty) all.run()
    },
  })
}
