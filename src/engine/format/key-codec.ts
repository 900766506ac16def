import type { KeyCondition } from '../../expression/condition.ts'
import type { ScalarType, ScalarValue } from '../../model/attribute-value.ts'
import { NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN } from '../../model/limits.ts'
import { canonicalNumber, parseDecimal } from '../../model/number.ts'
import type { SortRange } from '../../storage/driver.ts'

/**
 * Keys as bytes in the order of their values. docs/adr/0002-formats.md defines the format and
 * test/engine/format/key-codec.test.ts has its vectors. Stored data depends on both: never change
 * them.
 *
 *     partition           hash
 *     item's sort         10 range            (10 alone in a table without range key)
 *     index entry's sort  20 number term(index range) base range
 *
 * `term` escapes and terminates a component that is followed by another.
 */

const ITEM_KIND = 0x10
const LOCAL_INDEX_KIND = 0x20

/** The items of a partition, without its index entries. */
export const ITEM_RANGE: SortRange = {
  from: Buffer.of(ITEM_KIND),
  to: Buffer.of(ITEM_KIND + 1),
}

const ITEM_PREFIX = Buffer.of(ITEM_KIND)

/** Order-preserving bytes of a key value: UTF-8, `encodeNumber`, or the bytes themselves. */
export function encodeKeyValue({ type, value }: ScalarValue): Buffer {
  if (type === 'S') return Buffer.from(value)
  return type === 'N' ? encodeNumber(value) : value
}

const NEGATIVE = 0x40
const ZERO = 0x80
const POSITIVE = 0xc0
const NEGATIVE_END = 0xff

/**
 * Sign, exponent, then one byte per two digits (value plus 1; an odd last digit is padded with 0).
 * For a negative number the bytes after the sign are complemented and end with FF, so that more
 * digits sort lower.
 */
function encodeNumber(text: string): Buffer {
  const { negative, digits, exponent } = parseDecimal(text)
  if (digits === '') return Buffer.of(ZERO)
  const pairs = (digits.length + 1) >> 1
  const bytes = Buffer.allocUnsafe(2 + pairs + (negative ? 1 : 0))
  const biased = exponent - NUMBER_EXPONENT_MIN
  bytes[0] = negative ? NEGATIVE : POSITIVE
  bytes[1] = negative ? NUMBER_EXPONENT_MAX - NUMBER_EXPONENT_MIN - biased : biased
  for (let i = 0; i < pairs; i++) {
    const pair = Number(digits.slice(2 * i, 2 * i + 2).padEnd(2, '0')) + 1
    bytes[2 + i] = negative ? 0xff - pair : pair
  }
  if (negative) bytes[2 + pairs] = NEGATIVE_END
  return bytes
}

/** The inverse of `encodeKeyValue`. */
export function decodeKeyValue(type: ScalarType, bytes: Buffer): ScalarValue {
  if (type === 'S') return { type, value: bytes.toString() }
  return type === 'N' ? { type, value: decodeNumber(bytes) } : { type, value: bytes }
}

function decodeNumber(bytes: Buffer): string {
  const [sign, shown = 0] = bytes
  if (sign === ZERO) return '0'
  const negative = sign === NEGATIVE
  const biased = negative ? NUMBER_EXPONENT_MAX - NUMBER_EXPONENT_MIN - shown : shown
  const pairs = [...bytes.subarray(2, negative ? -1 : undefined)]
    .map((byte) => (negative ? 0xff - byte : byte) - 1)
    .map((pair) => String(pair).padStart(2, '0'))
  const [first = '', ...rest] = pairs.join('')
  const exponent = biased + NUMBER_EXPONENT_MIN
  return canonicalNumber(`${negative ? '-' : ''}${first}.${rest.join('')}e${exponent}`)
}

const ZERO_BYTE = 0x00
const ESCAPE = 0xff
const ESCAPED_ZERO = Buffer.of(ZERO_BYTE, ESCAPE)
const TERMINATOR = 0x01

/** `00` becomes `00 FF`, so that the terminator `00 01` sorts before longer values. */
function escaped(bytes: Buffer): Buffer {
  let at = bytes.indexOf(ZERO_BYTE)
  if (at < 0) return bytes
  const parts: Buffer[] = []
  let start = 0
  for (; at >= 0; at = bytes.indexOf(ZERO_BYTE, start)) {
    parts.push(bytes.subarray(start, at), ESCAPED_ZERO)
    start = at + 1
  }
  return Buffer.concat([...parts, bytes.subarray(start)])
}

/** The sort of an item. `range` is absent in a table without range key. */
export function itemSort(range: ScalarValue | undefined): Buffer {
  return range === undefined ? ITEM_PREFIX : prefixed(ITEM_PREFIX, encodeKeyValue(range))
}

function prefixed(prefix: Buffer, ...components: Buffer[]): Buffer {
  return Buffer.concat([prefix, ...components])
}

function indexPrefix(indexNumber: number): Buffer {
  return Buffer.of(LOCAL_INDEX_KIND, indexNumber)
}

const LOCAL_INDEX_PREFIX_BYTES = 2
const TERM_END = Buffer.of(ZERO_BYTE, TERMINATOR)
/** Sorts after all entries with a terminated value, and before those of longer values. */
const AFTER_TERM_END = Buffer.of(ZERO_BYTE, TERMINATOR + 1)

export function indexEntrySort(
  indexNumber: number,
  indexRange: ScalarValue,
  baseRange: ScalarValue | undefined,
): Buffer {
  const base = baseRange === undefined ? [] : [encodeKeyValue(baseRange)]
  const value = escaped(encodeKeyValue(indexRange))
  return prefixed(indexPrefix(indexNumber), value, TERM_END, ...base)
}

/** The sort of an index entry's item. */
export function itemSortOfEntry(entrySort: Buffer): Buffer {
  return prefixed(ITEM_PREFIX, entrySort.subarray(termEnd(entrySort) + TERM_END.length))
}

/** The index where an entry's first value ends. */
function termEnd(entrySort: Buffer): number {
  let at = LOCAL_INDEX_PREFIX_BYTES
  for (;;) {
    at = entrySort.indexOf(ZERO_BYTE, at)
    if (at < 0) throw new RangeError('an index entry without terminator')
    if (entrySort[at + 1] === TERMINATOR) return at
    at += 2
  }
}

/** The bytes of an item's range key. */
export function rangeOfItem(itemSort: Buffer): Buffer {
  return itemSort.subarray(ITEM_PREFIX.length)
}

/** The bytes of the index's range key in an entry's sort. */
export function indexRangeOfEntry(entrySort: Buffer): Buffer {
  const term = entrySort.subarray(LOCAL_INDEX_PREFIX_BYTES, termEnd(entrySort))
  return Buffer.from(term.filter((byte, i) => byte !== ESCAPE || term[i - 1] !== ZERO_BYTE))
}

/** Bounds of the sorts that contain a value of a key component. */
interface Bounds {
  readonly prefix: Buffer
  /** The first sort with exactly this value. */
  start(value: ScalarValue): Buffer
  /** The first sort after all with exactly this value. */
  end(value: ScalarValue): Buffer
  /** The first sort whose value starts with this one. */
  beginning(value: ScalarValue): Buffer
}

const ITEM_BOUNDS: Bounds = {
  prefix: ITEM_PREFIX,
  start: (value) => prefixed(ITEM_PREFIX, encodeKeyValue(value)),
  end: (value) => successor(prefixed(ITEM_PREFIX, encodeKeyValue(value))),
  beginning: (value) => prefixed(ITEM_PREFIX, encodeKeyValue(value)),
}

function indexBounds(indexNumber: number): Bounds {
  const prefix = indexPrefix(indexNumber)
  const component = (value: ScalarValue): Buffer => escaped(encodeKeyValue(value))
  return {
    prefix,
    start: (value) => prefixed(prefix, component(value), TERM_END),
    end: (value) => prefixed(prefix, component(value), AFTER_TERM_END),
    beginning: (value) => prefixed(prefix, component(value)),
  }
}

/** The sorts of the items or, with `indexNumber`, index entries that a Query reads. Operands are
 * scalars of the key's type. */
export function queryRange(
  indexNumber: number | undefined,
  condition: KeyCondition | undefined,
): Required<SortRange> {
  const bounds = indexNumber === undefined ? ITEM_BOUNDS : indexBounds(indexNumber)
  const all = { from: bounds.prefix, to: afterPrefix(bounds.prefix) }
  if (condition === undefined) return all
  if (condition.op === 'between') {
    return { from: bounds.start(scalar(condition.low)), to: bounds.end(scalar(condition.high)) }
  }
  const value = scalar(condition.value)
  switch (condition.op) {
    case 'eq':
      return { from: bounds.start(value), to: bounds.end(value) }
    case 'lt':
      return { ...all, to: bounds.start(value) }
    case 'le':
      return { ...all, to: bounds.end(value) }
    case 'gt':
      return { ...all, from: bounds.end(value) }
    case 'ge':
      return { ...all, from: bounds.start(value) }
    case 'begins_with': {
      const from = bounds.beginning(value)
      return { from, to: afterPrefix(from) }
    }
  }
}

/** Wires check that key conditions contain scalars only. */
function scalar(value: { readonly type: string }): ScalarValue {
  return value as ScalarValue
}

/** The smallest bytes greater than these. */
export function successor(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.of(0)])
}

/** The smallest bytes greater than all with this prefix, which starts with a kind below FF. */
function afterPrefix(prefix: Buffer): Buffer {
  let end = prefix.length
  while (prefix[end - 1] === 0xff) end--
  const after = Buffer.from(prefix.subarray(0, end))
  after[end - 1] = (after[end - 1] ?? 0) + 1
  return after
}
