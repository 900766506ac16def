/** Works through the elements in their order, so many at once. */
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

/** The numbers below one. */
export function below(count: number): readonly number[] {
  return [...Array(count).keys()]
}
