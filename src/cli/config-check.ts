import type { Config } from '../config/load.ts'
import { policyProblems } from './policy-problems.ts'

/** Reports the errors and warnings of a start with this configuration. @returns the exit code */
export async function checkConfig(config: Config): Promise<number> {
  const problems = await policyProblems(config)
  for (const warning of config.warnings) process.stdout.write(`warning: ${warning}\n`)
  for (const problem of problems) process.stdout.write(`invalid policy rule: ${problem}\n`)
  if (problems.length > 0) return 1
  process.stdout.write(`in order: ${config.configFiles.join(', ')}\n`)
  return 0
}
