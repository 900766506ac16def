/** Milliseconds of CPU time of one block of the measurement. */
const BLOCK_CPU_MS = 100
/** Blocks in the mean: the latest second of CPU time. */
const BLOCKS = 10
/** Requests per block that a new process assumes, 0.1 ms each, until it has measured its own. */
const BEGUN_AT_START = 1_000

interface Block {
  readonly cpuMs: number
  readonly begun: number
}

/** Requests that the process begins per millisecond of its CPU time. The mean is over whole blocks,
 * so a slow request makes its block longer but hides no other. */
export class BeginRate {
  readonly #blocks: Block[] = Array.from({ length: BLOCKS }, () => ({
    cpuMs: BLOCK_CPU_MS,
    begun: BEGUN_AT_START,
  }))
  #cpuMs = 0
  #begun = 0
  #perCpuMs = BEGUN_AT_START / BLOCK_CPU_MS

  get perCpuMs(): number {
    return this.#perCpuMs
  }

  /** Adds requests that were begun while this much CPU time was used. */
  add(begun: number, cpuMs: number): void {
    this.#begun += begun
    this.#cpuMs += cpuMs
    if (this.#cpuMs < BLOCK_CPU_MS) return
    this.#blocks.shift()
    this.#blocks.push({ cpuMs: this.#cpuMs, begun: this.#begun })
    this.#cpuMs = 0
    this.#begun = 0
    const sum = (key: keyof Block) => this.#blocks.reduce((total, block) => total + block[key], 0)
    this.#perCpuMs = sum('begun') / sum('cpuMs')
  }
}
