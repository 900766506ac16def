/**
 * Work in pieces. At each `yield` it may be put off until other work has had its turn. A piece
 * takes a millisecond at most, but for those that `yield 'long'` announces.
 */
export type Steps<T> = Generator<'long' | undefined, T, undefined>

/** Elements of a collection that are worked on in one piece. */
export const STEP_ELEMENTS = 512

/** Length in bytes of what is worked on in one piece. */
export const ONE_PIECE_BYTES_MAX = 16 * 1024

/** The result of all steps, without a pause: for work that is known to be small. */
export function finished<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/** A result, or the steps to it: most work is so small that it needs none. */
export type Stepped<T> = T | Steps<T>

export function isSteps<T>(stepped: Stepped<T>): stepped is Steps<T> {
  return typeof stepped === 'object' && stepped !== null && 'next' in stepped
}

/** Goes on with the steps, if there are any. */
export function* settled<T>(stepped: Stepped<T>): Steps<T> {
  return isSteps(stepped) ? yield* stepped : stepped
}

/** What is done already, where steps are asked for. */
export function* done<T>(value: T): Steps<T> {
  yield* []
  return value
}

/** `elements.map(work)`, one element after the other. */
export function* mapInSteps<T, R>(
  elements: readonly T[],
  work: (element: T) => Steps<R>,
): Steps<R[]> {
  const results: R[] = []
  for (const element of elements) results.push(yield* work(element))
  return results
}
