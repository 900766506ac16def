import { setImmediate } from 'node:timers/promises'
import { checkDeadline } from '../commit-rules.ts'
import type {
  PageBudget,
  ReadOptions,
  Row,
  ScannedRow,
  ScanPage,
  ScanRequest,
  Slice,
  SortPage,
  SortRange,
  TableId,
} from '../driver.ts'
import { Page } from '../page.ts'
import { segmentTokens, tokenBytes } from '../token.ts'
import { type Environment, readBytes, readNow } from './environment.ts'
import { firstBehind, partitionIn, partitionPrefix, prefixLengthOf, rowKey } from './key.ts'
import { assertPartition, decodeRow, HEAD_BYTES_MAX, isRow, partitionInValue } from './value.ts'

/** Rows read before other requests may run. */
const STRETCH_ROWS = 500
const ZERO = Buffer.from([0])

export interface SliceRequest {
  readonly partition: Buffer
  readonly range: SortRange
  readonly direction: 'forward' | 'backward'
  readonly budget: PageBudget
}

/** A long slice is read in stretches, each on its own snapshot. */
export async function readSlice(
  environment: Environment,
  table: TableId,
  request: SliceRequest,
  { deadline, giveWay = setImmediate }: ReadOptions,
): Promise<Slice> {
  const { partition, range, direction } = request
  const prefix = partitionPrefix(table, partition)
  const page = new Page<Row>(request.budget)
  let from = range.from === undefined ? prefix : Buffer.concat([prefix, range.from])
  let to = range.to === undefined ? firstBehind(prefix) : Buffer.concat([prefix, range.to])
  for (;;) {
    checkDeadline(deadline)
    const bounds =
      direction === 'forward'
        ? { start: from, end: to, limit: STRETCH_ROWS }
        : { ...BACKWARD, start: to, end: from, limit: STRETCH_ROWS }
    const last = readNow(environment, () => {
      let passed = 0
      for (const { key, value } of environment.getRange(bounds)) {
        assertPartition(value, partition)
        if (isRow(value)) page.add(decodeRow(value, key.subarray(prefix.length)))
        passed += 1
        if (page.full || passed === STRETCH_ROWS) return key
      }
      return null
    })
    if (last === null || page.full) {
      return { rows: page.rows, more: last !== null }
    }
    if (direction === 'forward') {
      from = Buffer.concat([last, ZERO])
    } else {
      to = last
    }
    await giveWay()
  }
}

/** The sorts of a partition's rows. Reads only the start of each value. */
export async function readSorts(
  environment: Environment,
  table: TableId,
  {
    partition,
    range,
    rows,
  }: Omit<SliceRequest, 'direction' | 'budget'> & { readonly rows: number },
  deadline: number,
): Promise<SortPage> {
  const prefix = partitionPrefix(table, partition)
  const sorts: Buffer[] = []
  let start = range.from === undefined ? prefix : Buffer.concat([prefix, range.from])
  const end = range.to === undefined ? firstBehind(prefix) : Buffer.concat([prefix, range.to])
  for (;;) {
    checkDeadline(deadline)
    const last = readNow(environment, () => {
      const keys = [...environment.getKeys({ start, end, limit: STRETCH_ROWS })]
      for (const key of keys) {
        if (isRowAt(environment, key)) sorts.push(key.subarray(prefix.length))
        if (sorts.length === rows) return key
      }
      return keys.length < STRETCH_ROWS ? null : (keys.at(-1) ?? null)
    })
    if (last === null || sorts.length === rows) return { sorts, more: last !== null }
    start = Buffer.concat([last, ZERO])
    await setImmediate()
  }
}

function isRowAt(environment: Environment, key: Buffer): boolean {
  const bytes = readBytes(environment, key, HEAD_BYTES_MAX)
  return bytes !== undefined && isRow(bytes)
}

const BACKWARD = { reverse: true, exclusiveStart: true, inclusiveEnd: true }

/** In each partition, skips the rows outside the range by a new search. */
export async function readScan(
  environment: Environment,
  table: TableId,
  request: ScanRequest,
  { deadline, giveWay = setImmediate }: ReadOptions,
): Promise<ScanPage> {
  const { first, last } = segmentTokens(request.segment, request.totalSegments)
  const end = firstBehind(Buffer.concat([table, tokenBytes(last)]))
  const page = new Page<ScannedRow>(request.budget)
  let start: Buffer = Buffer.concat([table, tokenBytes(first)])
  if (request.after !== undefined) {
    const { partition, sort } = request.after
    const behind = Buffer.concat([rowKey(table, partition, sort), ZERO])
    start = behind.compare(start) > 0 ? behind : start
  }
  for (;;) {
    checkDeadline(deadline)
    const bounds = { start, end }
    const next = readNow(environment, () => scanStretch(environment, bounds, request.range, page))
    if (next === null || page.full) {
      return { rows: page.rows, more: next !== null }
    }
    start = next
    await giveWay()
  }
}

/** Returns the key to continue from, null at the end. */
function scanStretch(
  environment: Environment,
  bounds: { readonly start: Buffer; readonly end: Buffer },
  range: SortRange,
  page: Page<ScannedRow>,
): Buffer | null {
  let start: Buffer | null = bounds.start
  let passed = 0
  while (start !== null) {
    const position: Buffer = start
    start = null
    for (const { key, value } of environment.getRange({ start: position, end: bounds.end })) {
      passed += 1
      const prefixLength = prefixLengthOf(key)
      const sort = key.subarray(prefixLength)
      const jump = jumpFrom(key, sort, range)
      if (jump === null && isRow(value)) {
        const partition = partitionIn(key) ?? partitionInValue(value)
        page.add({ ...decodeRow(value, sort), partition })
      }
      if (page.full || passed >= STRETCH_ROWS) return jump ?? Buffer.concat([key, ZERO])
      if (jump !== null) {
        start = jump
        break
      }
    }
  }
  return null
}

/** The next key within the range, or null if `key` is within it. */
function jumpFrom(key: Buffer, sort: Buffer, range: SortRange): Buffer | null {
  const prefixLength = key.length - sort.length
  if (range.from !== undefined && sort.compare(range.from) < 0) {
    return Buffer.concat([key.subarray(0, prefixLength), range.from])
  }
  if (range.to !== undefined && sort.compare(range.to) >= 0) {
    return firstBehind(key.subarray(0, prefixLength))
  }
  return null
}
