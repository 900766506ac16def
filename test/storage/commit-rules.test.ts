import * as assert from 'uvu/assert'
import {
  assertCommit,
  checkDeadline,
  commitBytes,
  requirementHolds,
} from '../../src/storage/commit-rules.ts'
import {
  COMMIT_BYTES_MAX,
  SORT_BYTES_MAX,
  StorageUnavailableError,
} from '../../src/storage/driver.ts'
import { suite } from '../support/suite.ts'
import { commitOf, putRow, text } from './contract/table-fixture.ts'

const S = text('s')
const [ONE, TWO] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)]

const test = suite('commit')

test('a requirement holds if the version matches and no lock is on the row', () => {
  const holds = (wanted: Buffer | null | undefined, version: Buffer | null, lock?: Buffer) =>
    requirementHolds(
      { sort: S, ...(wanted === undefined ? {} : { version: wanted }) },
      { sort: S, version, lock: lock ?? null },
    )
  assert.ok(holds(ONE, Buffer.from(ONE)))
  assert.not(holds(ONE, TWO))
  assert.not(holds(ONE, null))
  assert.ok(holds(null, null))
  assert.not(holds(null, ONE))
  assert.ok(holds(undefined, ONE))
  assert.ok(holds(undefined, null))
  assert.not(holds(undefined, null, text('lock')))
  assert.not(holds(ONE, ONE, text('lock')))
})

test('a commit that breaks a rule for callers throws a programming error', () => {
  const refused = (parts: Parameters<typeof commitOf>[0], partition = text('p')) =>
    assert.throws(() => assertCommit(partition, commitOf(parts)))
  assertCommit(text('p'), commitOf({ put: [putRow(S)], delete: [text('t')] }))
  refused({})
  refused({ put: [putRow(S)], require: [] })
  refused({ put: [putRow(S)], delete: [S] })
  refused({ put: [putRow(S), putRow(S)] })
  refused({ put: [putRow(S)], require: [{ sort: text('other') }] })
  refused({ put: [putRow(S)], require: [{ sort: S }, { sort: text('other') }] })
  refused({ put: [putRow(Buffer.alloc(0))] })
  refused({ put: [putRow(Buffer.alloc(SORT_BYTES_MAX + 1))] })
  refused({ put: [putRow(S)], id: Buffer.alloc(15) })
  refused({ put: [putRow(S)] }, Buffer.alloc(2049))
})

test('a commit beyond the limits of engines is refused before it is sent', () => {
  const row = putRow(S)
  const keyBytes = commitBytes(1, commitOf({ put: [{ ...row, value: Buffer.alloc(0) }] }))
  const largest = COMMIT_BYTES_MAX - keyBytes
  const sized = (bytes: number) => commitOf({ put: [{ ...row, value: Buffer.alloc(bytes) }] })
  assertCommit(text('p'), sized(largest))
  assert.throws(() => assertCommit(text('p'), sized(largest + 1)), 'the commit is too large')
  const sorts = Array.from({ length: 10_000 }, (_, n) => text(`${n}`.padEnd(2_000)))
  assert.throws(() => assertCommit(text('p'), commitOf({ delete: sorts })), 'too large')
})

test('a deadline has passed at its exact time', () => {
  checkDeadline(performance.now() + 1000)
  assert.throws(
    () => checkDeadline(performance.now()),
    (error: unknown) => error instanceof StorageUnavailableError,
  )
})

test.run()
