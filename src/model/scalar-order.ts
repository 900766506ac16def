import {
  type Scalar,
  type ScalarType,
  scalarsEqual,
  type TypedMapEntry,
} from './attribute-value.ts'
import { compareNumbers } from './number.ts'
import { sortedInSteps } from './sorted-in-steps.ts'
import {
  andThen,
  filterInSteps,
  finished,
  mapInSteps,
  STEP_ELEMENTS,
  type Stepped,
  type Steps,
} from './steps.ts'

/** Compares two scalars of one type: text by UTF-8 bytes, numbers by value, binary by bytes. */
export function compareScalars(type: ScalarType, a: Scalar, b: Scalar): number {
  if (type === 'B') return Buffer.compare(a as Buffer, b as Buffer)
  if (type === 'N') return compareNumbers(a as string, b as string)
  return compareText(a as string, b as string)
}

/** Compares by UTF-8 bytes. This differs from the order of UTF-16 code units only between a
 * surrogate and U+E000 or above. */
function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = alikeChars(a, b, length); i < length; i++) {
    const unitA = a.charCodeAt(i)
    const unitB = b.charCodeAt(i)
    if (unitA !== unitB) return codePointRank(unitA) - codePointRank(unitB)
  }
  return a.length - b.length
}

/** Characters that are compared at once, which takes a fiftieth of the time: at first many. */
const PARTS_CHARS = [4_096, 256, 16]
/** Shorter texts are compared by characters. */
const LONG_TEXT_CHARS_MIN = 64

/** How many characters of whole parts begin two texts alike. */
function alikeChars(a: string, b: string, length: number): number {
  if (length < LONG_TEXT_CHARS_MIN) return 0
  let at = 0
  for (const chars of PARTS_CHARS) {
    const last = length - chars
    while (at <= last && a.slice(at, at + chars) === b.slice(at, at + chars)) at += chars
  }
  return at
}

/** Ranks surrogates, which begin code points above U+FFFF, after all other code units. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800
}

/** A set's elements in canonical order, without duplicates. */
export function sortedUnique(type: ScalarType, elements: readonly Scalar[]): readonly Scalar[] {
  const isSorted = elements.length <= STEP_ELEMENTS && areAscending(type, elements)
  return isSorted ? elements : finished(uniqueInSteps(type, elements))
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
  for (let start = 1; start < elements.length; start += STEP_ELEMENTS) {
    if (start > 1) yield
    if (!areAscending(type, elements, start, start + STEP_ELEMENTS)) return false
  }
  return true
}

/** Whether each element from `start` on is greater than the one before it. */
function areAscending(
  type: ScalarType,
  elements: readonly Scalar[],
  start = 1,
  end = elements.length,
): boolean {
  const last = Math.min(end, elements.length)
  for (let i = start; i < last; i++) {
    if (compareScalars(type, elements[i - 1] as Scalar, elements[i] as Scalar) >= 0) return false
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
 * texts would take a third of a second to compare, and a request many long texts that begin alike.
 */
function* sortedBy<T>(
  type: ScalarType,
  values: readonly T[],
  scalarOf: (value: T) => Scalar,
): Steps<readonly T[]> {
  if (type === 'N') {
    const ranked = yield* mapInSteps(values, (value) => {
      const text = scalarOf(value) as string
      return { value, text, near: Number(text) }
    })
    // Rounding preserves the order, except of numbers that it makes equal.
    const byNumber = (a: Near, b: Near) => a.near - b.near || compareNumbers(a.text, b.text)
    return yield* mapInSteps(yield* sortedInSteps(ranked, byNumber, textLength), rankedValue)
  }
  const ranked = yield* mapInSteps(values, (value) =>
    andThen<string, Ranked & { readonly value: T }>(byteTextOf(scalarOf(value)), (text) => ({
      value,
      text,
    })),
  )
  const byText = (a: Ranked, b: Ranked) => (a.text < b.text ? -1 : Number(a.text > b.text))
  return yield* mapInSteps(yield* sortedInSteps(ranked, byText, textLength), rankedValue)
}

interface Ranked {
  readonly text: string
}
type Near = Ranked & { readonly near: number }

function textLength({ text }: Ranked): number {
  return text.length
}

function rankedValue<T>({ value }: { readonly value: T }): T {
  return value
}

/** Longer scalars are copied in a step each. */
const COPIED_LENGTH_MAX = 1_024

function byteTextOf(scalar: Scalar): Stepped<string> {
  return scalar.length > COPIED_LENGTH_MAX ? longByteText(scalar) : byteText(scalar)
}

function* longByteText(scalar: Scalar): Steps<string> {
  yield
  return byteText(scalar)
}

/** A text with one character per byte, so that such texts have the order of the bytes. */
function byteText(scalar: Scalar): string {
  if (typeof scalar !== 'string') return scalar.toString('latin1')
  const isAscii = Buffer.byteLength(scalar) === scalar.length
  return isAscii ? scalar : Buffer.from(scalar).toString('latin1')
}
