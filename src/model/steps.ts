/**
 * Work in pieces. At each `yield` it may be put off until other work has had its turn. A piece
 * takes a millisecond at most, but for those that `yield 'long'` announces.
 */
export type Steps<T> = Generator<'long' | undefined, T, undefined>

/** Elements of a collection that are worked on in one piece. */
export const STEP_ELEMENTS = 512

/** Length in bytes of what is worked on in one piece. */
export const ONE_PIECE_BYTES_MAX = 16 * 1024

/** A result, or the steps to it: most work is so small that it needs none. */
export type Stepped<T> = T | Steps<T>

/** Parsed JSON has no functions. */
export function isSteps<T>(stepped: Stepped<T>): stepped is Steps<T> {
  return typeof (stepped as Partial<Steps<T>> | null | undefined)?.next === 'function'
}

/** The result of all steps, without a pause: for work that is known to be small. */
export function finished<T>(stepped: Stepped<T>): T {
  if (!isSteps(stepped)) return stepped
  for (;;) {
    const step = stepped.next()
    if (step.done) return step.value
  }
}

/** Goes on with the steps, if there are any. */
export function* settled<T>(stepped: Stepped<T>): Steps<T> {
  return isSteps(stepped) ? yield* stepped : stepped
}

/** What is made of a result: at once where that is there. */
export function andThen<T, R>(stepped: Stepped<T>, next: (result: T) => Stepped<R>): Stepped<R> {
  return isSteps(stepped) ? chained(stepped, next) : next(stepped)
}

function* chained<T, R>(steps: Steps<T>, next: (result: T) => Stepped<R>): Steps<R> {
  return yield* settled(next(yield* steps))
}

/** `elements.map(work)`, one element after the other and a few in one piece. */
export function* mapInSteps<T, R>(
  elements: readonly T[],
  work: (element: T) => Stepped<R>,
): Steps<R[]> {
  const results: R[] = []
  for (const element of elements) {
    const result = work(element)
    const size = results.push(isSteps(result) ? yield* result : result)
    if (size % STEP_ELEMENTS === 0) yield
  }
  return results
}

/** `elements.filter(isWanted)`, a few elements in one piece. */
export function* filterInSteps<T>(
  elements: readonly T[],
  isWanted: (element: T, i: number) => boolean,
): Steps<T[]> {
  const wanted: T[] = []
  for (const [i, element] of elements.entries()) {
    if (isWanted(element, i)) wanted.push(element)
    if (i % STEP_ELEMENTS === STEP_ELEMENTS - 1) yield
  }
  return wanted
}
