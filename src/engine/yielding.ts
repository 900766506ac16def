import { setImmediate as turn } from 'node:timers/promises'

/** Work on many elements lets other requests be served after so long. */
const STRETCH_MS_MAX = 10

/** `elements.map(work)`, in stretches of the event loop that are not much longer than that. */
export async function mapInStretches<T, R>(
  elements: readonly T[],
  work: (element: T) => R,
): Promise<R[]> {
  const results: R[] = []
  let begun = performance.now()
  for (const element of elements) {
    if (performance.now() - begun > STRETCH_MS_MAX) {
      await turn()
      begun = performance.now()
    }
    results.push(work(element))
  }
  return results
}
