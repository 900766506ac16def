import { RULE_DEFAULTS } from '../../src/service/policy-options.ts'
import type { Seeded } from '../seeded.ts'
import { readJson } from '../stack/project.ts'
import { randomRule } from './policy-cases.ts'

/** Policy files by path, relative to the folder of the configuration file. */
export interface PolicyFolder {
  readonly files: Readonly<Record<string, string>>
  /** The section `[oslo_policy]`. */
  readonly options?: string
}

const NAMES = [...RULE_DEFAULTS.map((rule) => rule.name), 'default', 'extra']

/** Some rules, as YAML in one of several styles, or as JSON. */
function randomFile(random: Seeded): string {
  const rules = NAMES.filter(() => random.below(3) === 0).map(
    (name) => [name, randomRule(random)] as const,
  )
  if (random.below(3) === 0) return JSON.stringify(Object.fromEntries(rules), null, 2)
  const lines = rules.map(([name, rule]) => {
    const key = random.pick([name, JSON.stringify(name), `'${name}'`])
    return `${key}: ${JSON.stringify(rule)}${random.pick(['', '  # why', '\n'])}\n`
  })
  return random.pick(['', '# Changed rules\n', '---\n']) + lines.join('')
}

export function randomFolder(random: Seeded): PolicyFolder {
  const paths = ['policy.yaml', 'policy.d/10.yaml', 'policy.d/9.json', 'policy.d/.20.yaml']
  const files = paths.filter(() => random.below(4) > 0)
  return { files: Object.fromEntries(files.map((path) => [path, randomFile(random)])) }
}

/**
 * `chosen`: cases that random files do not contain. `stricter`: refused here, while oslo.policy
 * lets the rule allow everybody, or ignores the mistake.
 */
export const POLICY_FOLDERS: Readonly<Record<'chosen' | 'stricter', readonly PolicyFolder[]>> =
  readJson('test/live/policy-folders.json')
