/** One lane per partition and process, with at most one commit in flight, because concurrent ones
 * would only cause unknown outcomes. Waiting commits that write different rows are merged into one
 * conditional batch, and each gets its own result. */
import { commitBytes, requirementHolds } from '../commit-rules.ts'
import {
  type Commit,
  type CommitResult,
  type CurrentRow,
  StorageUnavailableError,
} from '../driver.ts'

export const LANE_COMMITS_MAX = 1000
export const LANE_BYTES_MAX = 64 * 1024 * 1024
export const MERGE_COMMITS_MAX = 25
export const MERGE_BYTES_MAX = 1024 * 1024
/** Waiting commits that a merge looks at. */
const MERGE_LOOK_AHEAD_COMMITS = 4 * MERGE_COMMITS_MAX

/** Sends commits that write different rows of one partition as one. The `current` of a refusal has
 * the required rows of all commits, in their order. Throws if certainly nothing was written. */
export type Attempt = (commits: readonly Commit[], deadline: number) => Promise<CommitResult>

interface Waiting {
  readonly commit: Commit
  readonly deadline: number
  readonly writes: readonly string[]
  readonly requires: readonly string[]
  readonly bytes: number
  sent: boolean
  settled: boolean
  readonly settle: (result: CommitResult | Error) => void
}

interface Lane {
  waiting: Waiting[]
  bytes: number
}

export class Lanes {
  readonly #lanes = new Map<string, Lane>()

  /** Settles by the deadline: with `StorageUnavailableError` while the commit waits, as unknown
   * after it was sent. `partition` includes the table. */
  submit(
    partition: string,
    commit: Commit,
    deadline: number,
    attempt: Attempt,
  ): Promise<CommitResult> {
    const idle = this.#lanes.get(partition) === undefined
    const lane = this.#lanes.get(partition) ?? { waiting: [], bytes: 0 }
    const bytes = commitBytes(partition.length, commit)
    if (lane.waiting.length >= LANE_COMMITS_MAX || lane.bytes + bytes > LANE_BYTES_MAX) {
      throw new StorageUnavailableError('too many commits wait for this partition')
    }
    this.#lanes.set(partition, lane)
    const result = new Promise<CommitResult>((resolve, reject) => {
      lane.waiting.push(waitingFor(commit, bytes, deadline, resolve, reject))
      lane.bytes += bytes
    })
    if (idle) void this.#drain(partition, lane, attempt)
    return result
  }

  async #drain(partition: string, lane: Lane, attempt: Attempt): Promise<void> {
    while (lane.waiting.length > 0) await carryOut(takeGroup(lane), attempt)
    this.#lanes.delete(partition)
  }
}

function waitingFor(
  commit: Commit,
  bytes: number,
  deadline: number,
  resolve: (result: CommitResult) => void,
  reject: (error: Error) => void,
): Waiting {
  const sorts = [...commit.put.map((row) => row.sort), ...commit.delete]
  const waiting: Waiting = {
    commit,
    deadline,
    writes: sorts.map(nameOf),
    requires: commit.require.map(({ sort }) => nameOf(sort)),
    bytes,
    sent: false,
    settled: false,
    settle(result) {
      waiting.settled = true
      clearTimeout(timer)
      if (result instanceof Error) {
        reject(result)
      } else {
        resolve(result)
      }
    },
  }
  const timer = setTimeout(
    () => {
      const cause = new StorageUnavailableError('the deadline has passed')
      waiting.settle(waiting.sent ? { outcome: 'unknown', underWay: true, cause } : cause)
    },
    Math.max(0, deadline - performance.now()),
  )
  return waiting
}

function nameOf(sort: Buffer): string {
  return sort.toString('latin1')
}

/** Takes the first waiting commit and all that can be merged with it. */
function takeGroup(lane: Lane): Waiting[] {
  const group: Waiting[] = []
  const left: Waiting[] = []
  const written = new Set<string>()
  const required = new Set<string>()
  let bytes = 0
  lane.waiting.forEach((waiting, index) => {
    const fits =
      group.length === 0 ||
      (index < MERGE_LOOK_AHEAD_COMMITS &&
        group.length < MERGE_COMMITS_MAX &&
        bytes + waiting.bytes <= MERGE_BYTES_MAX &&
        waiting.writes.every((sort) => !written.has(sort) && !required.has(sort)) &&
        waiting.requires.every((sort) => !written.has(sort)))
    if (waiting.settled || fits) {
      lane.bytes -= waiting.bytes
    } else {
      left.push(waiting)
    }
    if (!waiting.settled && fits) {
      group.push(waiting)
      bytes += waiting.bytes
      for (const sort of waiting.writes) written.add(sort)
      for (const sort of waiting.requires) required.add(sort)
    }
  })
  lane.waiting = left
  return group
}

/** A refusal shows all required rows at one moment and so decides each commit: those whose
 * requirements fail are refused, the others are sent again. Each round settles at least one. */
async function carryOut(group: readonly Waiting[], attempt: Attempt): Promise<void> {
  let left = group
  while (left.length > 0) {
    for (const waiting of left) waiting.sent = true
    const result = await attemptAll(left, attempt)
    if (result instanceof Error || result.outcome !== 'refused') {
      for (const waiting of left) waiting.settle(result)
      return
    }
    answerRefused(left, result.current)
    left = left.filter((waiting) => !waiting.settled)
  }
}

async function attemptAll(
  group: readonly Waiting[],
  attempt: Attempt,
): Promise<CommitResult | Error> {
  const deadline = Math.max(...group.map((waiting) => waiting.deadline))
  try {
    return await attempt(
      group.map((waiting) => waiting.commit),
      deadline,
    )
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function answerRefused(group: readonly Waiting[], current: readonly CurrentRow[]): void {
  let start = 0
  const shown = group.map((waiting) => {
    const { require } = waiting.commit
    const rows = current.slice(start, start + require.length)
    start += require.length
    const holds = require.every((requirement, index) => {
      const row = rows[index]
      return row !== undefined && requirementHolds(requirement, row)
    })
    return { waiting, rows, holds }
  })
  // If every requirement holds, the refusal still applies to all.
  const blameless = shown.every(({ holds }) => holds)
  for (const { waiting, rows, holds } of shown) {
    if (!holds || blameless) {
      waiting.settle({ outcome: 'refused', current: rows })
    }
  }
}
