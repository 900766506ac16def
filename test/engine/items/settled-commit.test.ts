import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import { messageOf } from '../../../src/dialect/magnetodb/messages.ts'
import { newVersion } from '../../../src/engine/format/version.ts'
import { settledCommit } from '../../../src/engine/items/settled-commit.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import {
  type Commit,
  type Fence,
  type StorageDriver,
  StorageUnavailableError,
} from '../../../src/storage/driver.ts'
import { commitOf, putRow, TableFixture, text } from '../../storage/contract/table-fixture.ts'
import { type Fault, type FaultScript, faulty } from '../../storage/faulty-driver.ts'
import { WornDriver } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { outcomeOf } from '../engine-fixture.ts'

const test = suite('unknown outcomes')

const [P, S] = [text('partition'), text('row')]
const DEADLINE_MS = 1_000

/** A table on a driver whose first commit has the fault `first`, and the calls of the driver. */
function tables(first: Fault, later: FaultScript = () => undefined) {
  const calls: string[] = []
  const script: FaultScript = (call) => {
    calls.push(call.method)
    return call.method === 'commit' && call.count === 0 ? first : later(call)
  }
  const driver = new WornDriver()
  const table = new TableFixture(driver, randomBytes(16))
  return { table, calls, driver: faulty(driver, script) }
}

type Tables = ReturnType<typeof tables>

function settle({ table, driver }: Tables, commit: Commit, ms = DEADLINE_MS): Promise<unknown> {
  return settledCommit(driver, table.table, P, commit, performance.now() + ms)
}

const KINDS = {
  'a blind put': (): Commit => commitOf({ put: [putRow(S, 'mine')] }),
  'a put that requires absence': (): Commit =>
    commitOf({ put: [putRow(S, 'mine')], require: [{ sort: S, version: null }] }),
  'a put that requires a version': (version: Buffer): Commit =>
    commitOf({ put: [putRow(S, 'mine')], require: [{ sort: S, version }] }),
  'a blind delete': (): Commit => commitOf({ delete: [S] }),
  'a delete that requires a version': (version: Buffer): Commit =>
    commitOf({ delete: [S], require: [{ sort: S, version }] }),
}
type Kind = keyof typeof KINDS

type Meanwhile = 'nothing' | 'another put' | 'another delete'

interface Case {
  readonly kind: Kind
  readonly fault: 'applied-unknown' | 'lost-unknown'
  readonly meanwhile: Meanwhile
  readonly outcome: 'ok' | 'outcome_unknown'
  /** More than one if the commit was repeated. */
  readonly commits: number
}

function cases(
  kind: Kind,
  fault: Case['fault'],
  outcomes: Readonly<Record<Meanwhile, Case['outcome']>>,
  commits: number,
): Case[] {
  const entries = Object.entries(outcomes) as [Meanwhile, Case['outcome']][]
  return entries.map(([meanwhile, outcome]) => ({ kind, fault, meanwhile, outcome, commits }))
}

const SURE = 'ok'
const OPEN = 'outcome_unknown'
const CASES: readonly Case[] = [
  ...cases(
    'a blind put',
    'applied-unknown',
    { nothing: SURE, 'another put': OPEN, 'another delete': OPEN },
    1,
  ),
  ...cases(
    'a blind put',
    'lost-unknown',
    { nothing: OPEN, 'another put': OPEN, 'another delete': OPEN },
    1,
  ),
  ...cases(
    'a put that requires absence',
    'applied-unknown',
    { nothing: SURE, 'another put': OPEN, 'another delete': OPEN },
    1,
  ),
  ...cases(
    'a put that requires absence',
    'lost-unknown',
    { nothing: OPEN, 'another put': OPEN, 'another delete': OPEN },
    1,
  ),
  ...cases(
    'a put that requires a version',
    'applied-unknown',
    { nothing: SURE, 'another put': OPEN, 'another delete': OPEN },
    2,
  ),
  ...cases(
    'a put that requires a version',
    'lost-unknown',
    { nothing: SURE, 'another put': OPEN, 'another delete': OPEN },
    2,
  ),
  ...cases(
    'a blind delete',
    'applied-unknown',
    { nothing: SURE, 'another put': OPEN, 'another delete': SURE },
    1,
  ),
  ...cases(
    'a blind delete',
    'lost-unknown',
    { nothing: OPEN, 'another put': OPEN, 'another delete': SURE },
    1,
  ),
  ...cases(
    'a delete that requires a version',
    'applied-unknown',
    { nothing: OPEN, 'another put': OPEN, 'another delete': OPEN },
    2,
  ),
  ...cases(
    'a delete that requires a version',
    'lost-unknown',
    { nothing: SURE, 'another put': OPEN, 'another delete': OPEN },
    2,
  ),
]

/** A write by another process right after the commit, whether this was applied or lost. */
async function interfere(table: TableFixture, meanwhile: Meanwhile): Promise<void> {
  if (meanwhile === 'another put') await table.put(P, S, 'other')
  if (meanwhile === 'another delete') await table.write(P, { delete: [S] })
}

async function causeOf(failing: Promise<unknown>): Promise<string> {
  const error = await failing.catch((reason: Error) => reason)
  return ((error as Error).cause as Error).message
}

/** The driver, with something that happens right after its first commit. */
function followedBy(driver: StorageDriver, then: () => Promise<void>): StorageDriver {
  let first = true
  return {
    ...driver,
    async commit(...call) {
      const result = await driver.commit(...call)
      if (first) await then()
      first = false
      return result
    },
  }
}

for (const { kind, fault, meanwhile, outcome, commits } of CASES) {
  test(`${kind}, ${fault}, ${meanwhile} meanwhile: ${outcome}`, async () => {
    const played = tables({ fault })
    const { table, calls } = played
    const isInsert = kind === 'a put that requires absence'
    const before = isInsert ? newVersion() : await table.put(P, S, 'old')
    const driver = followedBy(played.driver, () => interfere(table, meanwhile))
    const settled = settle({ ...played, driver }, KINDS[kind](before))
    assert.is(await outcomeOf(settled), outcome)
    if (outcome === OPEN) assert.is(await causeOf(settled), 'a played time-out', 'for the log')
    assert.is(calls.filter((call) => call === 'commit').length, commits)
    const left = await table.value(P, S)
    if (meanwhile === 'another put') assert.is(left, 'other', 'the other write is not undone')
    if (meanwhile === 'another delete') assert.is(left, null, 'the other write is not undone')
    if (meanwhile === 'nothing' && outcome === 'ok') {
      assert.is(left, kind.includes('delete') ? null : 'mine')
    }
  })
}

test('a blind delete that may still start later is of unknown outcome', async () => {
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const played = tables({ fault: 'late-unknown', begun })
  assert.is(await outcomeOf(settle(played, KINDS['a blind delete']())), OPEN)
  await played.table.put(P, S, 'later')
  begin()
  while ((await played.table.value(P, S)) !== null) await new Promise(setImmediate)
})

test('an applied or refused commit is sent once', async () => {
  const { table, calls, driver } = tables({ fault: 'delay', milliseconds: 0 })
  await table.put(P, S, 'old')
  const commit = KINDS['a put that requires absence']()
  const result = await settledCommit(driver, table.table, P, commit, performance.now() + 30_000)
  assert.is(result.outcome, 'refused')
  assert.equal(calls, ['commit'])
})

test('a commit that the engine did not try is reported as unavailable', async () => {
  const played = tables({ fault: 'unavailable' })
  const error = await settle(played, KINDS['a blind put']()).catch((reason: unknown) => reason)
  assert.instance(error, StorageUnavailableError)
  assert.equal(played.calls, ['commit'])
})

for (const kind of ['a blind put', 'a put that requires a version'] as const) {
  test(`${kind}: its outcome is found in spite of failing reads`, async () => {
    let troubles = 2
    const played = tables({ fault: 'applied-unknown' }, () =>
      troubles-- > 0 ? { fault: 'unavailable' } : undefined,
    )
    const version = await played.table.put(P, S, 'old')
    assert.is(await outcomeOf(settle(played, KINDS[kind](version))), 'ok')
    assert.is(played.calls.length, 4)
  })

  test(`${kind}: unknown after bounded attempts if the engine stays away`, async () => {
    const played = tables({ fault: 'applied-unknown' }, () => ({ fault: 'unavailable' }))
    const version = await played.table.put(P, S, 'old')
    const started = performance.now()
    assert.is(await outcomeOf(settle(played, KINDS[kind](version), 60_000)), 'outcome_unknown')
    assert.ok(performance.now() - started < 30_000, 'long before the deadline')
    assert.is(played.calls.length, 7)
  })

  test(`${kind}: its outcome is not sought beyond the deadline`, async () => {
    const played = tables({ fault: 'applied-unknown' })
    const version = await played.table.put(P, S, 'old')
    assert.is(await outcomeOf(settle(played, KINDS[kind](version), 40)), 'outcome_unknown')
    assert.is(played.calls.length, 1)
  })
}

test('a commit whose outcome stays unknown is repeated a bounded number of times', async () => {
  const played = tables({ fault: 'lost-unknown' }, () => ({ fault: 'lost-unknown' }))
  const version = await played.table.put(P, S, 'old')
  const commit = KINDS['a put that requires a version'](version)
  assert.is(await outcomeOf(settle(played, commit, 10_000)), 'outcome_unknown')
  assert.is(played.calls.length, 7)
})

test("several rows: one row with the commit's id shows that it was applied", async () => {
  const played = tables({ fault: 'applied-unknown' })
  const { table } = played
  await table.put(P, text('gone'), 'old')
  const commit = commitOf({ put: [putRow(S, 'mine')], delete: [text('gone')] })
  const driver = followedBy(played.driver, async () => {
    await table.put(P, text('gone'), 'other')
  })
  assert.is(await outcomeOf(settle({ ...played, driver }, commit)), 'ok')
  const overwritten = tables({ fault: 'applied-unknown' })
  const later = followedBy(overwritten.driver, async () => {
    await overwritten.table.put(P, S, 'other')
  })
  assert.is(await outcomeOf(settle({ ...overwritten, driver: later }, commit)), 'outcome_unknown')
})

test('several rows: a commit that requires an absence is not repeated', async () => {
  const played = tables({ fault: 'lost-unknown' })
  const version = await played.table.put(P, S, 'old')
  const other = text('other row')
  const commit = commitOf({
    put: [putRow(S, 'mine'), putRow(other)],
    require: [
      { sort: S, version },
      { sort: other, version: null },
    ],
  })
  assert.is(await outcomeOf(settle(played, commit)), 'outcome_unknown')
  assert.equal(played.calls, ['commit', 'getMany'])
})

test('several rows: deletes, one of which requires a version, stay unknown', async () => {
  const played = tables({ fault: 'applied-unknown' })
  const version = await played.table.put(P, S, 'old')
  const other = text('other row')
  const commit = commitOf({
    delete: [S, other],
    require: [{ sort: S, version }, { sort: other }],
  })
  assert.is(await outcomeOf(settle(played, commit)), 'outcome_unknown')
})

test('a repetition refused by its fence leaves the outcome unknown', async () => {
  const played = tables({ fault: 'applied-unknown' })
  const { table } = played
  const version = await table.put(P, S, 'old')
  const fenceRow = text('definition')
  const fence: Fence = {
    table: table.table,
    partition: P,
    sort: fenceRow,
    version: await table.put(P, fenceRow),
  }
  const driver = followedBy(played.driver, async () => {
    await table.put(P, fenceRow, 'moved')
  })
  const commit = { ...KINDS['a put that requires a version'](version), fence }
  assert.is(await outcomeOf(settle({ ...played, driver }, commit)), 'outcome_unknown')
  assert.is(await table.value(P, S), 'mine')
})

test('a programming error is thrown, not reported as an unknown outcome', async () => {
  const { table, driver } = tables({ fault: 'lost-unknown' })
  const broken = { ...driver, getMany: () => Promise.reject(new TypeError('a defect')) }
  const attempt = settledCommit(
    broken,
    table.table,
    P,
    KINDS['a blind put'](),
    performance.now() + DEADLINE_MS,
  )
  const error = await attempt.catch((reason: unknown) => reason)
  assert.instance(error, TypeError)
})

test('an unknown outcome hides its cause from users', async () => {
  const played = tables({ fault: 'lost-unknown' })
  const error = await settle(played, KINDS['a blind put']()).catch((reason: unknown) => reason)
  assert.instance(error, MagnetoDBError)
  assert.match(messageOf((error as MagnetoDBError).reason), 'may or may not have been applied')
})

test.run()
