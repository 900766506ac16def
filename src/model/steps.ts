/**
 * Work divided into steps. At each `yield`, other work may run first. A step takes at most a
 * millisecond, except one that `yield 'long'` announces.
 */
export type Steps<T> = Generator<'long' | undefined, T, undefined>

/** Elements of a collection processed in one step. */
export const STEP_ELEMENTS = 512

/** Bytes of data processed without steps. */
export const ONE_PIECE_BYTES_MAX = 16 * 1024

/** A result, or the steps to it. Most work is too small to need steps. */
export type Stepped<T> = T | Steps<T>

/** Safe for parsed JSON, which contains no functions. */
export function isSteps<T>(stepped: Stepped<T>): stepped is Steps<T> {
  return typeof (stepped as Partial<Steps<T>> | null | undefined)?.next === 'function'
}

/** Does all steps without a pause. For work that is known to be small. */
export function finished<T>(stepped: Stepped<T>): T {
  if (!isSteps(stepped)) return stepped
  for (;;) {
    const step = stepped.next()
    if (step.done) return step.value
  }
}

/** Does the steps, if there are any, as part of the caller's. */
export function* settled<T>(stepped: Stepped<T>): Steps<T> {
  return isSteps(stepped) ? yield* stepped : stepped
}

/** Applies `next` to the result: at once if there are no steps, else after them. */
export function andThen<T, R>(stepped: Stepped<T>, next: (result: T) => Stepped<R>): Stepped<R> {
  return isSteps(stepped) ? chained(stepped, next) : next(stepped)
}

function* chained<T, R>(steps: Steps<T>, next: (result: T) => Stepped<R>): Steps<R> {
  return yield* settled(next(yield* steps))
}

/** `elements.map(work)` in steps of a few elements. */
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

/** `elements.filter(isWanted)` in steps of a few elements. */
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
