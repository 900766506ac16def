import { TableUses } from './commit-rules.ts'
import type { StorageDriver, TableId, Version } from './driver.ts'

type Methods = Omit<StorageDriver, 'name'>
type Arguments<Method extends keyof Methods> = Parameters<NonNullable<Methods[Method]>>

/** One request's view of the storage: `requests` counts its calls, and `depth` is the longest chain
 * of calls that each began after another's answer. A driver's own retries are not counted. */
export class CountedStorage implements StorageDriver {
  readonly name: string
  readonly versionNow?: (table: TableId, partition: Buffer, sort: Buffer) => Version | null
  requests = 0
  depth = 0
  readonly #driver: StorageDriver
  #uses: TableUses | undefined
  #answeredDepth = 0

  constructor(driver: StorageDriver) {
    this.#driver = driver
    this.name = driver.name
    if (driver.versionNow) this.versionNow = driver.versionNow.bind(driver)
  }

  open(): Promise<void> {
    return this.#driver.open()
  }

  close(): Promise<void> {
    return this.#driver.close()
  }

  get(...args: Arguments<'get'>) {
    return this.#count(this.#driver.get(...args))
  }

  getMany(...args: Arguments<'getMany'>) {
    return this.#count(this.#driver.getMany(...args))
  }

  slice(...args: Arguments<'slice'>) {
    return this.#count(this.#driver.slice(...args))
  }

  scan(...args: Arguments<'scan'>) {
    return this.#count(this.#driver.scan(...args))
  }

  commit(...args: Arguments<'commit'>) {
    this.#checkUse(args[0], 'committed')
    return this.#count(this.#driver.commit(...args))
  }

  sorts(...args: Arguments<'sorts'>) {
    return this.#count(this.#driver.sorts(...args))
  }

  append(...args: Arguments<'append'>) {
    this.#checkUse(args[0], 'appended')
    return this.#count(this.#driver.append(...args))
  }

  drop(...args: Arguments<'drop'>) {
    return this.#count(this.#driver.drop(...args))
  }

  purge(...args: Arguments<'purge'>) {
    return this.#count(this.#driver.purge(...args))
  }

  /** Most requests do not write. */
  #checkUse(table: TableId, use: 'appended' | 'committed'): void {
    this.#uses ??= new TableUses()
    this.#uses.check(table, use)
  }

  /** Returns the call itself, so that counting adds no promise to the caller's wait. */
  #count<T>(call: Promise<T>): Promise<T> {
    const depth = this.#answeredDepth + 1
    this.requests++
    if (depth > this.depth) this.depth = depth
    const answered = (): void => {
      if (depth > this.#answeredDepth) this.#answeredDepth = depth
    }
    call.then(answered, answered)
    return call
  }
}
