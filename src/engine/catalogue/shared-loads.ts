import { StorageUnavailableError } from '../../storage/driver.ts'

/** Milliseconds that a load may take, however long those who wait for it will. */
const LOAD_MS_MAX = 10_000
const TIMER_MS_MAX = 2 ** 31 - 1

/** Loads under way, each shared by all that ask for its key. None is kept after its end. */
export class SharedLoads<T extends object> {
  readonly #underWay = new Map<string, Promise<T>>()
  readonly #isCurrent: (found: T) => boolean

  /** @param isCurrent whether what a load finds may be used by those who ask after it began */
  constructor(isCurrent: (found: T) => boolean) {
    this.#isCurrent = isCurrent
  }

  /**
   * The result of a load of the key. One that began before this call counts only if it has found
   * what is current: it may have missed what has been written since.
   *
   * @throws (rejects with) what the load throws, or StorageUnavailableError at the deadline
   */
  async take(key: string, deadline: number, load: (deadline: number) => Promise<T>): Promise<T> {
    const earlier = this.#underWay.get(key)?.catch(() => undefined)
    const found = earlier && (await within(earlier, deadline))
    if (found && this.#isCurrent(found)) return found
    return within(this.#underWay.get(key) ?? this.#begin(key, load), deadline)
  }

  /** Whoever asks from now on begins a load of his own. */
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

/** The work goes on for others when the deadline has passed. */
function within<T>(work: Promise<T>, deadline: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () =>
      reject(new StorageUnavailableError('the deadline passed before the definition was read'))
    const timer = setTimeout(late, Math.min(deadline - performance.now(), TIMER_MS_MAX))
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
