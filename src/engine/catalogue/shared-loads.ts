import { StorageUnavailableError } from '../../storage/driver.ts'

/** Milliseconds that a load may take, independent of its callers' deadlines. */
const LOAD_MS_MAX = 10_000
const TIMER_MS_MAX = 2 ** 31 - 1

/** Shares one load per key among concurrent callers. Keeps no results. */
export class SharedLoads<T extends object> {
  readonly #underWay = new Map<string, Promise<T>>()
  readonly #isCurrent: (found: T) => boolean

  /** @param isCurrent whether a caller who came after a load began may use its result */
  constructor(isCurrent: (found: T) => boolean) {
    this.#isCurrent = isCurrent
  }

  /**
   * Loads the key. The result of a load that began before this call is used only if it is current,
   * because it may have missed a later write.
   *
   * @throws (rejects with) what the load throws, or StorageUnavailableError at the deadline
   */
  async take(key: string, deadline: number, load: (deadline: number) => Promise<T>): Promise<T> {
    const earlier = this.#underWay.get(key)?.catch(() => undefined)
    const found = earlier && (await within(earlier, deadline))
    if (found && this.#isCurrent(found)) return found
    return within(this.#underWay.get(key) ?? this.#begin(key, load), deadline)
  }

  /** Later callers do not share the load that is under way. */
  forget(key: string): void {
    this.#underWay.delete(key)
  }

  #begin(key: string, load: (deadline: number) => Promise<T>): Promise<T> {
    const shared = load(performance.now() + LOAD_MS_MAX).finally(() => {
      if (this.#underWay.get(key) === shared) this.#underWay.delete(key)
    })
    this.#underWay.set(key, shared)
    return shared
  }
}

/** Stops waiting at the deadline; the work continues for other callers. */
function within<T>(work: Promise<T>, deadline: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(new StorageUnavailableError('the deadline passed before the definition was read'))
    const timer = setTimeout(late, Math.min(deadline - performance.now(), TIMER_MS_MAX))
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
