/** Processes the elements in order, up to `lanes` of them concurrently. */
export async function atOnce<T>(
  lanes: number,
  elements: Iterable<T>,
  work: (element: T) => Promise<unknown>,
): Promise<void> {
  const left = elements[Symbol.iterator]()
  const lane = async () => {
    for (let next = left.next(); !next.done; next = left.next()) await work(next.value)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

/** The numbers from 0 to `count` - 1. */
export function below(count: number): readonly number[] {
  return [...Array(count).keys()]
}
