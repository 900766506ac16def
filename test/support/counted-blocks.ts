import { Session } from 'node:inspector'

const SERVICE = '/src/'

/** Counts the blocks of the service's code that are run: these are the same everywhere. */
export class BlockCounter {
  readonly #session = new Session()

  start(): void {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    // Of functions that have run before, not all blocks are counted.
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  end(): void {
    this.#session.disconnect()
  }

  /** How many blocks `work` runs. */
  count(work: () => void): number {
    this.#session.post('Profiler.takePreciseCoverage')
    work()
    let sum = 0
    this.#session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
      for (const { url, functions } of result) {
        if (!url.includes(SERVICE)) continue
        for (const { ranges } of functions) for (const { count } of ranges) sum += count
      }
    })
    return sum
  }
}
