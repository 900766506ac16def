import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import {
  type Attempt,
  LANE_COMMITS_MAX,
  Lanes,
  MERGE_BYTES_MAX,
  MERGE_COMMITS_MAX,
} from '../../../src/storage/cassandra/lanes.ts'
import { requirementHolds } from '../../../src/storage/commit-rules.ts'
import {
  type Commit,
  type CommitResult,
  StorageUnavailableError,
  type Version,
} from '../../../src/storage/driver.ts'
import { suite } from '../../support/suite.ts'

const test = suite('cassandra lanes')

const soon = () => performance.now() + 10_000

function put(name: string, more: { version?: Version | null; bytes?: number } = {}): Commit {
  const sort = Buffer.from(name)
  const { version, bytes = 1 } = more
  return {
    id: randomBytes(16),
    require: [version === undefined ? { sort } : { sort, version }],
    put: [{ sort, value: Buffer.alloc(bytes), size: bytes, expiresAt: 0 }],
    delete: [],
  }
}

/** Plays a partition in Cassandra. A commit ends when the test says so. */
class Partition {
  readonly versions = new Map<string, Version>()
  readonly attempts: (readonly Commit[])[] = []
  #answers: (() => void)[] = []

  readonly attempt: Attempt = async (commits) => {
    this.attempts.push(commits)
    await new Promise<void>((resolve) => this.#answers.push(resolve))
    return this.#outcome(commits)
  }

  /** Answers all commits, including those that follow from an answer. */
  async answerAll(): Promise<void> {
    while (this.#answers.length > 0) {
      for (const answer of this.#answers.splice(0)) {
        answer()
      }
      await nextTurn()
    }
  }

  #outcome(commits: readonly Commit[]): CommitResult {
    const current = commits.flatMap(({ require }) =>
      require.map(({ sort }) => ({
        sort,
        version: this.versions.get(sort.toString()) ?? null,
        lock: null,
      })),
    )
    const requirements = commits.flatMap(({ require }) => require)
    const holds = requirements.every((requirement, index) => {
      const row = current[index]
      return row !== undefined && requirementHolds(requirement, row)
    })
    if (!holds) {
      return { outcome: 'refused', current }
    }
    for (const { id, put: rows } of commits) {
      for (const { sort } of rows) {
        this.versions.set(sort.toString(), id)
      }
    }
    return { outcome: 'applied' }
  }
}

function names(commits: readonly Commit[] | undefined): string {
  return (commits ?? []).map((commit) => commit.put[0]?.sort.toString()).join(' ')
}

test('one commit of a partition is in flight; waiting commits are merged', async () => {
  const [lanes, partition] = [new Lanes(), new Partition()]
  const submit = (name: string) => lanes.submit('p', put(name), soon(), partition.attempt)
  const results = ['a', 'b', 'c', 'b', 'd'].map(submit)
  assert.equal(partition.attempts.map(names), ['a'])
  await partition.answerAll()
  // The second write of b waits for the first. d does not wait.
  assert.equal(partition.attempts.map(names), ['a', 'b c d', 'b'])
  for (const result of await Promise.all(results)) {
    assert.is(result.outcome, 'applied')
  }
})

test('commits of different partitions do not wait for each other', async () => {
  const [lanes, partition] = [new Lanes(), new Partition()]
  const results = ['p', 'q'].map((name) => lanes.submit(name, put('a'), soon(), partition.attempt))
  assert.is(partition.attempts.length, 2)
  await partition.answerAll()
  await Promise.all(results)
})

test('of a refused merge each commit gets its own answer, the valid are applied', async () => {
  const [lanes, partition] = [new Lanes(), new Partition()]
  const there = randomBytes(16)
  partition.versions.set('b', there)
  const commits = [
    put('first'),
    put('a', { version: null }),
    put('b', { version: null }),
    put('c', { version: randomBytes(16) }),
    put('d'),
  ]
  const results = commits.map((commit) => lanes.submit('p', commit, soon(), partition.attempt))
  await partition.answerAll()
  const [first, a, b, c, d] = await Promise.all(results)
  assert.equal(
    [first, a, d].map((result) => result?.outcome),
    ['applied', 'applied', 'applied'],
  )
  assert.equal(b, {
    outcome: 'refused',
    current: [{ sort: Buffer.from('b'), version: there, lock: null }],
  })
  assert.equal(c, {
    outcome: 'refused',
    current: [{ sort: Buffer.from('c'), version: null, lock: null }],
  })
  assert.equal(partition.attempts.map(names), ['first', 'a b c d', 'a d'])
})

test('commits that require the same row merge; one that writes it does not', async () => {
  const [lanes, partition] = [new Lanes(), new Partition()]
  const open = randomBytes(16)
  partition.versions.set('marker', open)
  const marker = { sort: Buffer.from('marker'), version: open }
  const adding = (name: string): Commit => {
    const commit = put(name, { version: null })
    return { ...commit, require: [marker, ...commit.require] }
  }
  const submit = (commit: Commit) => lanes.submit('p', commit, soon(), partition.attempt)
  const commits = [put('first'), adding('a'), adding('b'), put('marker', { version: open })]
  const results = [...commits, adding('c'), adding('d')].map(submit)
  await partition.answerAll()
  const outcomes = (await Promise.all(results)).map(({ outcome }) => outcome)
  // c and d may overtake the change of the marker, since none of these had been answered.
  assert.equal(partition.attempts.map(names), ['first', 'a b c d', 'marker'])
  assert.equal(outcomes, Array(6).fill('applied'))
  const sealing = put('marker')
  const changed = [put('second'), sealing].map(submit)
  const late = submit(adding('e'))
  const beside = submit(put('f'))
  await partition.answerAll()
  assert.equal(partition.attempts.slice(3).map(names), ['second', 'marker f', 'e'])
  await Promise.all(changed)
  const { outcome, ...shown } = await late
  const sealed = sealing.id
  assert.equal(
    [outcome, shown],
    [
      'refused',
      {
        current: [
          { sort: marker.sort, version: sealed, lock: null },
          { sort: Buffer.from('e'), version: null, lock: null },
        ],
      },
    ],
  )
  assert.is((await beside).outcome, 'applied')
})

test('a merge is limited in commits and bytes', async () => {
  const [lanes, partition] = [new Lanes(), new Partition()]
  const many = Array.from({ length: MERGE_COMMITS_MAX + 2 }, (_, n) => put(`s${n}`))
  const large = ['x', 'y', 'z'].map((name) => put(name, { bytes: MERGE_BYTES_MAX / 2 - 500 }))
  const results = [...many, ...large].map((commit) =>
    lanes.submit('p', commit, soon(), partition.attempt),
  )
  await partition.answerAll()
  await Promise.all(results)
  const sizes = partition.attempts.map((commits) => commits.length)
  assert.equal(sizes, [1, MERGE_COMMITS_MAX, 3, 1])
  assert.is(names(partition.attempts[3]), 'z')
})

test('keys of deleted rows count towards the bytes of a merge', async () => {
  const [lanes, partition] = [new Lanes(), new Partition()]
  const sort = (row: string) => Buffer.from(row.padEnd(3_000))
  const removal = (name: string): Commit => ({
    id: randomBytes(16),
    require: [{ sort: sort(`${name} 0`) }],
    put: [],
    delete: Array.from({ length: 100 }, (_, n) => sort(`${name} ${n}`)),
  })
  const commits = ['first', ...'abcdef'].map(removal)
  const results = commits.map((commit) => lanes.submit('p', commit, soon(), partition.attempt))
  await partition.answerAll()
  await Promise.all(results)
  assert.equal(
    partition.attempts.map((merged) => merged.length),
    [1, 3, 3],
  )
})

test('a full lane refuses commits until it is empty again', async () => {
  const [lanes, partition] = [new Lanes(), new Partition()]
  const submit = (name: string) => lanes.submit('p', put(name), soon(), partition.attempt)
  const results = Array.from({ length: LANE_COMMITS_MAX + 1 }, (_, n) => submit(`s${n}`))
  assert.throws(
    () => submit('over'),
    (error: unknown) => error instanceof StorageUnavailableError,
  )
  await partition.answerAll()
  await Promise.all(results)
  const again = submit('again')
  await partition.answerAll()
  assert.is((await again).outcome, 'applied')
})

test('at its deadline a waiting commit is not written, a sent one is unknown', async () => {
  const [lanes, partition] = [new Lanes(), new Partition()]
  const sent = lanes.submit('p', put('sent'), performance.now() + 30, partition.attempt)
  const waiting = lanes.submit('p', put('waits'), performance.now() + 30, partition.attempt)
  const patient = lanes.submit('p', put('patient'), soon(), partition.attempt)
  const late = await waiting.catch((error: unknown) => error)
  assert.instance(late, StorageUnavailableError)
  assert.is((await sent).outcome, 'unknown')
  await partition.answerAll()
  assert.is((await patient).outcome, 'applied')
  assert.equal(partition.attempts.map(names), ['sent', 'patient'])
})

test('a merge that fails or is unknown gives every commit that outcome', async () => {
  const lanes = new Lanes()
  let calls = 0
  const attempt: Attempt = async () => {
    calls += 1
    await nextTurn()
    if (calls === 2) {
      throw new StorageUnavailableError('no node')
    }
    return { outcome: 'unknown', underWay: false, cause: null }
  }
  const results = ['a', 'b', 'c'].map((name) => lanes.submit('p', put(name), soon(), attempt))
  const [a, b, c] = await Promise.allSettled(results)
  assert.equal(a, {
    status: 'fulfilled',
    value: { outcome: 'unknown', underWay: false, cause: null },
  })
  assert.is(b?.status, 'rejected')
  assert.is(c?.status, 'rejected')
  assert.is(calls, 2)
})

test.run()
