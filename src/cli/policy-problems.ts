import type { Config } from '../config/load.ts'
import { PolicyLoader } from '../policy/policy-loader.ts'
import { policyOptions } from '../service/policy-options.ts'

/**
 * Problems of single rules in the policy files, which then deny.
 *
 * @throws PolicyError if a file cannot be used
 */
export async function policyProblems(config: Config): Promise<readonly string[]> {
  const problems: string[] = []
  const log = {
    info() {},
    error({ problem }: Readonly<Record<string, string | number>>) {
      problems.push(String(problem))
    },
  }
  const loader = await PolicyLoader.open(policyOptions(config), log)
  loader.close()
  return problems
}
