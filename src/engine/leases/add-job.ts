import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { MagnetoDBError } from '../../model/errors.ts'
import type { StorageDriver } from '../../storage/driver.ts'
import { addToEpoch, dropEpoch, openEpoch, readEpoch } from './epochs.ts'
import { type Head, readHead, replaceHead } from './heads.ts'
import type { Job } from './job.ts'

/** Jobs are added in so many places at once. */
export const JOB_SHARDS = 8
/** The chance that an epoch is sealed with the job that is added. There are 64 in one on average,
 * and more than 1,000 in one of ten million. */
const SEAL_CHANCE = 1 / 64
const PAUSE_MAX_MS = 100
const EPOCH_NAME_BYTES = 16

/**
 * Makes the job durable. One of the same id that is there already may be left as it is, or be done
 * twice. An attempt of unknown outcome is made again.
 *
 * @throws (rejects with) MagnetoDBError `write_outcome_unknown`, StorageUnavailableError
 */
export async function addJob(
  driver: StorageDriver,
  job: Job,
  deadline: number,
  random: () => number = Math.random,
): Promise<void> {
  const shard = shardOf(job)
  const opened = new Set<string>()
  let isDoubtful = false
  for (;;) {
    try {
      const head = await readHead(driver, shard, deadline)
      // Its own epoch, whose way into the head was unknown.
      if (head.epochs.some((name) => opened.has(name))) return
      const isLast = random() < SEAL_CHANCE
      const outcome = await addByHead(driver, job, head, opened, { isLast, deadline })
      if (outcome === 'added') return
      isDoubtful ||= outcome === 'unknown'
    } catch (cause) {
      if (isDoubtful)
        throw new MagnetoDBError({ is: 'write_outcome_unknown', underWay: true }, { cause })
      throw cause
    }
    await delay(Math.random() * PAUSE_MAX_MS)
  }
}

/** Spreads ids whatever they are. */
export function shardOf({ id }: Job): number {
  return (createHash('sha256').update(id).digest()[0] ?? 0) % JOB_SHARDS
}

async function addByHead(
  driver: StorageDriver,
  job: Job,
  head: Head,
  opened: Set<string>,
  add: { readonly isLast: boolean; readonly deadline: number },
): Promise<'added' | 'refused' | 'unknown'> {
  const latest = head.epochs.at(-1)
  if (latest !== undefined) {
    const outcome = await addToEpoch(driver, latest, job, add)
    if (outcome !== 'closed') return outcome
  }
  // First the epoch, then the head: one that a head names and that is not there is taken for one
  // that was dropped.
  const name = randomBytes(EPOCH_NAME_BYTES).toString('hex')
  const { outcome } = await openEpoch(driver, name, job, add.deadline)
  if (outcome !== 'applied') return 'refused'
  opened.add(name)
  const replaced = await replaceHead(driver, head, [...head.epochs, name], add.deadline)
  if (replaced === 'applied') return 'added'
  if (replaced !== 'refused') return 'unknown'
  // Another process was first, and no head will ever name this one.
  opened.delete(name)
  const epoch = await readEpoch(driver, name, add.deadline).catch(() => null)
  if (epoch) await dropEpoch(driver, epoch, add.deadline).catch(() => {})
  return 'refused'
}
