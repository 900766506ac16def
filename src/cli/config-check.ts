import type { Config } from '../config/load.ts'
import { policyProblems } from './policy-problems.ts'

/** What a start with this configuration would say, without one. @returns the exit code */
export async function checkConfig(config: Config): Promise<number> {
  const problems = await policyProblems(config)
  for (const warning of config.warnings) process.stdout.write(`warning: ${warning}\n`)
  for (const problem of problems) process.stdout.write(`wrong policy rule: ${problem}\n`)
  if (problems.length > 0) return 1
  process.stdout.write(`in order: ${config.configFiles.join(', ')}\n`)
  return 0
}
