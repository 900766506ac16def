import {
  type Scalar,
  type ScalarType,
  scalarsEqual,
  type TypedMapEntry,
} from './attribute-value.ts'
import { compareNumbers } from './number.ts'
import { sortedInSteps } from './sorted-in-steps.ts'
import { filterInSteps, finished, mapInSteps, STEP_ELEMENTS, type Steps } from './steps.ts'

/** Compares two scalars of one type: text by UTF-8 bytes, numbers by value, binary by bytes. */
export function compareScalars(type: ScalarType, a: Scalar, b: Scalar): number {
  if (type === 'B') return Buffer.compare(a as Buffer, b as Buffer)
  if (type === 'N') return compareNumbers(a as string, b as string)
  return compareText(a as string, b as string)
}

/** Compares by UTF-8 bytes. This differs from the order of UTF-16 code units only between a
 * surrogate and U+E000 or above. */
function compareText(a: string, b: string): number {
  const alike = a.length > PART_CHARS ? alikeChars(a, b) : 0
  return alike > 0 ? compareUnits(a.slice(alike), b.slice(alike)) : compareUnits(a, b)
}

/** Characters that are compared at once. */
const PART_CHARS = 4_096

/** How many whole parts begin two texts alike: looking for them takes a fiftieth of the time. */
function alikeChars(a: string, b: string): number {
  const last = Math.min(a.length, b.length) - PART_CHARS
  let at = 0
  while (at <= last && a.slice(at, at + PART_CHARS) === b.slice(at, at + PART_CHARS)) {
    at += PART_CHARS
  }
  return at
}

function compareUnits(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const unitA = a.charCodeAt(i)
    const unitB = b.charCodeAt(i)
    if (unitA !== unitB) return codePointRank(unitA) - codePointRank(unitB)
  }
  return a.length - b.length
}

/** Ranks surrogates, which begin code points above U+FFFF, after all other code units. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/** A set's elements in canonical order, without duplicates. */
export function sortedUnique(type: ScalarType, elements: readonly Scalar[]): readonly Scalar[] {
  return finished(uniqueInSteps(type, elements))
}

export function* uniqueInSteps(
  type: ScalarType,
  elements: readonly Scalar[],
): Steps<readonly Scalar[]> {
  if (yield* isAscending(type, elements)) return elements
  yield
  const sorted = yield* sortedBy(type, elements, (element) => element)
  yield
  return yield* filterInSteps(
    sorted,
    (element, i) => i === 0 || !scalarsEqual(sorted[i - 1] as Scalar, element),
  )
}

function* isAscending(type: ScalarType, elements: readonly Scalar[]): Steps<boolean> {
  for (let i = 1; i < elements.length; i++) {
    if (compareScalars(type, elements[i - 1] as Scalar, elements[i] as Scalar) >= 0) return false
    if (i % STEP_ELEMENTS === 0) yield
  }
  return true
}

/** A typed map's entries in canonical order. */
export function sortedEntries(
  keyType: ScalarType,
  entries: readonly TypedMapEntry[],
): readonly TypedMapEntry[] {
  return finished(entriesInSteps(keyType, entries))
}

export function entriesInSteps(
  keyType: ScalarType,
  entries: readonly TypedMapEntry[],
): Steps<readonly TypedMapEntry[]> {
  return sortedBy(keyType, entries, ([key]) => key)
}

/**
 * Sorts by keys that are quick to compare. An item may hold over a hundred thousand numbers, whose
 * texts would take a third of a second to compare.
 */
function* sortedBy<T>(
  type: ScalarType,
  values: readonly T[],
  scalarOf: (value: T) => Scalar,
): Steps<readonly T[]> {
  switch (type) {
    case 'S':
      return yield* sortedInSteps(values, (a, b) =>
        compareText(scalarOf(a) as string, scalarOf(b) as string),
      )
    case 'N': {
      const ranked = yield* mapInSteps(values, (value) => ({
        value,
        near: Number(scalarOf(value)),
      }))
      // Rounding preserves the order, except of numbers that it makes equal.
      const sorted = yield* sortedInSteps(
        ranked,
        (a, b) =>
          a.near - b.near ||
          compareNumbers(scalarOf(a.value) as string, scalarOf(b.value) as string),
      )
      return yield* unranked(sorted)
    }
    case 'B': {
      // Texts with one character per byte have the same order.
      const ranked = yield* mapInSteps(values, (value) => ({
        value,
        text: (scalarOf(value) as Buffer).toString('latin1'),
      }))
      const sorted = yield* sortedInSteps(ranked, (a, b) =>
        a.text < b.text ? -1 : Number(a.text > b.text),
      )
      return yield* unranked(sorted)
    }
  }
}

function* unranked<T>(ranked: readonly { readonly value: T }[]): Steps<readonly T[]> {
  const values: T[] = []
  for (const { value } of ranked) if (values.push(value) % STEP_ELEMENTS === 0) yield
  return values
}
