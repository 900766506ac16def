import type { StorageDriver } from '../../storage/driver.ts'
import { dropEpoch, type Epoch, sealEpoch } from './epochs.ts'
import { replaceHead } from './heads.ts'
import type { Ledger } from './ledger.ts'

const UPKEEP_TIMEOUT_MS = 5_000
/** Polls in a row that find an open epoch without jobs, until it is sealed. */
const IDLE_LOOKS = 60
/** Random extra polls, so that one of many processes is first. */
const MORE_LOOKS_MAX = 30
const EPOCHS_AT_ONCE = 32

/** Seals unused epochs, and drops sealed ones whose jobs are done. Every process that polls jobs
 * may do so at any time; repeating it is harmless. */
export class EpochUpkeep {
  readonly #driver: StorageDriver
  readonly #random: () => number
  /** Polls in a row without a job, by epoch. */
  #looks = new Map<string, number>()

  constructor(driver: StorageDriver, random: () => number = Math.random) {
    this.#driver = driver
    this.#random = random
  }

  /** Call after each poll. An epoch that cannot be reached does not affect others. */
  async tend(ledger: Ledger): Promise<void> {
    const before = this.#looks
    const empty = ledger.epochs.filter(({ isEmpty }) => isEmpty)
    this.#looks = new Map(
      empty.map(({ name }) => [name, (before.get(name) ?? this.#firstLook()) + 1]),
    )
    const due = empty.filter((epoch) => this.#isDue(epoch)).slice(0, EPOCHS_AT_ONCE)
    const deadline = performance.now() + UPKEEP_TIMEOUT_MS
    const dropped = new Set<string>()
    const work = due.map((epoch) => this.#end(epoch, dropped, deadline))
    const failure = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected')
    for (const head of ledger.heads) {
      const left = head.epochs.filter((name) => !dropped.has(name))
      if (left.length === head.epochs.length) continue
      await replaceHead(this.#driver, head, left, deadline)
    }
    if (failure?.status === 'rejected') throw failure.reason
  }

  #firstLook(): number {
    return -Math.floor(this.#random() * MORE_LOOKS_MAX)
  }

  #isDue({ name, isSealed }: Epoch): boolean {
    return (this.#looks.get(name) ?? 0) >= (isSealed ? 1 : IDLE_LOOKS)
  }

  async #end(epoch: Epoch, dropped: Set<string>, deadline: number): Promise<void> {
    if (!epoch.isSealed) return sealEpoch(this.#driver, epoch.name, deadline)
    await dropEpoch(this.#driver, epoch, deadline)
    dropped.add(epoch.name)
  }
}
