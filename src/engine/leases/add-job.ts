import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { MagnetoDBError } from '../../model/errors.ts'
import type { StorageDriver } from '../../storage/driver.ts'
import { addToEpoch, dropEpoch, openEpoch, readEpoch } from './epochs.ts'
import { type Head, readHead, replaceHead } from './heads.ts'
import type { Job } from './job.ts'

/** Partitions among which new jobs are spread. */
export const JOB_SHARDS = 8
/** Probability that adding a job seals its epoch. An epoch has 64 jobs on average; one in ten
 * million has more than 1,000. */
const SEAL_CHANCE = 1 / 64
const PAUSE_MAX_MS = 100
const EPOCH_NAME_BYTES = 16

/**
 * Makes the job durable. An existing job with the same id may be kept, or be done twice. An attempt
 * of unknown outcome is repeated.
 *
 * @throws MagnetoDBError `write_outcome_unknown`, StorageUnavailableError
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
      // An earlier attempt of unknown outcome has added our epoch.
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
  // The epoch before the head: an epoch that is named but missing counts as dropped.
  const name = randomBytes(EPOCH_NAME_BYTES).toString('hex')
  const { outcome } = await openEpoch(driver, name, job, add.deadline)
  if (outcome !== 'applied') return 'refused'
  opened.add(name)
  const replaced = await replaceHead(driver, head, [...head.epochs, name], add.deadline)
  if (replaced === 'applied') return 'added'
  if (replaced !== 'refused') return 'unknown'
  // Another process was first, so no head will ever name this epoch.
  opened.delete(name)
  const epoch = await readEpoch(driver, name, add.deadline).catch(() => null)
  if (epoch) await dropEpoch(driver, epoch, add.deadline).catch(() => {})
  return 'refused'
}
