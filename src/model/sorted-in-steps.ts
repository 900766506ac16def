import type { Steps } from './steps.ts'

/** Elements sorted or merged in one step, and the sum of their lengths: long ones that begin alike
 * take long to compare. */
const RUN_ELEMENTS = 2_048
const RUN_LENGTH = 64 * 1024

/** Like `toSorted`: sorts runs one by one, then merges them in pairs. */
export function* sortedInSteps<T>(
  values: readonly T[],
  compare: (a: T, b: T) => number,
  lengthOf: (value: T) => number,
): Steps<readonly T[]> {
  let runs = yield* sortedRuns(values, compare, lengthOf)
  while (runs.length > 1) {
    const merged: T[][] = []
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(yield* mergedInSteps(runs[i] ?? [], runs[i + 1] ?? [], compare, lengthOf))
    }
    runs = merged
  }
  return runs[0] ?? []
}

function* sortedRuns<T>(
  values: readonly T[],
  compare: (a: T, b: T) => number,
  lengthOf: (value: T) => number,
): Steps<T[][]> {
  const runs: T[][] = []
  let [start, length] = [0, 0]
  for (const [i, value] of values.entries()) {
    length += lengthOf(value)
    const end = i + 1
    if (end < values.length && end - start < RUN_ELEMENTS && length < RUN_LENGTH) continue
    if (start > 0) yield
    runs.push(values.slice(start, end).sort(compare))
    start = end
    length = 0
  }
  return runs
}

function* mergedInSteps<T>(
  a: T[],
  b: T[],
  compare: (a: T, b: T) => number,
  lengthOf: (value: T) => number,
): Steps<T[]> {
  if (b.length === 0) return a
  const merged: T[] = []
  let [i, k, length] = [0, 0, 0]
  while (i < a.length && k < b.length) {
    if (merged.length % RUN_ELEMENTS === 0 || length >= RUN_LENGTH) {
      yield
      length = 0
    }
    const [x, y] = [a[i] as T, b[k] as T]
    const isFirst = compare(x, y) <= 0
    merged.push(isFirst ? x : y)
    if (isFirst) i++
    else k++
    length += lengthOf(x)
  }
  return merged.concat(a.slice(i), b.slice(k))
}
