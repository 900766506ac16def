import type { Steps } from './steps.ts'

/** Elements sorted or merged in one step. */
const RUN_ELEMENTS = 2_048

/** Like `toSorted`: sorts runs one by one, then merges them in pairs. */
export function* sortedInSteps<T>(
  values: readonly T[],
  compare: (a: T, b: T) => number,
): Steps<readonly T[]> {
  if (values.length <= RUN_ELEMENTS) return values.toSorted(compare)
  let runs: T[][] = []
  for (let start = 0; start < values.length; start += RUN_ELEMENTS) {
    yield
    runs.push(values.slice(start, start + RUN_ELEMENTS).sort(compare))
  }
  while (runs.length > 1) {
    const merged: T[][] = []
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(yield* mergedInSteps(runs[i] ?? [], runs[i + 1] ?? [], compare))
    }
    runs = merged
  }
  return runs[0] ?? []
}

function* mergedInSteps<T>(a: T[], b: T[], compare: (a: T, b: T) => number): Steps<T[]> {
  if (b.length === 0) return a
  const merged: T[] = []
  let [i, k] = [0, 0]
  while (i < a.length && k < b.length) {
    if (merged.length % RUN_ELEMENTS === 0) yield
    const [x, y] = [a[i] as T, b[k] as T]
    const isFirst = compare(x, y) <= 0
    merged.push(isFirst ? x : y)
    if (isFirst) i++
    else k++
  }
  return merged.concat(a.slice(i), b.slice(k))
}
