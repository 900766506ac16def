import type { PolicyLog } from '../../src/policy/policy-loader.ts'

const WAIT_MS_MAX = 10_000

/** Records log lines, and lets a test wait for one. */
export class RecordedPolicyLog implements PolicyLog {
  readonly errors: string[] = []
  readonly #waiting = new Set<() => void>()
  inForce = 0

  info(): void {
    this.inForce++
    this.#wake()
  }

  error(fields: Readonly<Record<string, string | number>>): void {
    this.errors.push(String(fields.reason ?? fields.problem))
    this.#wake()
  }

  /** Resolves when rules were put in force, or an error was logged, after `change` began. */
  async nextAfter(change: () => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing was logged')), WAIT_MS_MAX)
      const woken = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#waiting.add(woken)
      change()
    })
  }

  #wake(): void {
    for (const woken of this.#waiting) woken()
    this.#waiting.clear()
  }
}
