import type { PolicyLog } from '../../src/policy/policy-loader.ts'
import { until } from '../support/until.ts'

/** Records log lines, and lets a test wait for one. */
export class RecordedPolicyLog implements PolicyLog {
  readonly errors: string[] = []
  inForce = 0

  info(): void {
    this.inForce++
  }

  error(fields: Readonly<Record<string, string | number>>): void {
    this.errors.push(String(fields.reason ?? fields.problem))
  }

  /** Resolves when rules were put in force, or an error was logged, after `change` began. */
  async nextAfter(change: () => void): Promise<void> {
    const logged = () => this.inForce + this.errors.length
    const before = logged()
    change()
    await until('something is logged', () => logged() > before)
  }
}
