import { RULE_DEFAULTS } from '../../src/service/policy-options.ts'
import type { Seeded } from '../seeded.ts'
import { randomRule } from './policy-cases.ts'

/** Policy files by their path in the folder of the configuration file. */
export interface PolicyFolder {
  readonly files: Readonly<Record<string, string>>
  /** The section `[oslo_policy]`. */
  readonly options?: string
}

const NAMES = [...RULE_DEFAULTS.map((rule) => rule.name), 'default', 'extra']

/** Some rules, as YAML of several styles or as JSON. */
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

/** What random files do not come upon. */
export const CHOSEN_FOLDERS: readonly PolicyFolder[] = [
  { files: {} },
  { files: { 'policy.yaml': '' } },
  { files: { 'policy.yaml': '# nothing\n---\n' } },
  { files: { 'policy.yaml': 'mdb:scan: role:admin\nmdb:scan: role:reader\n' } },
  { files: { 'policy.yaml': 'mdb:scan: >\n  role:admin\n  or role:reader\n' } },
  { files: { 'policy.yaml': 'mdb:scan: |\n  role:admin\n  and role:reader\n' } },
  { files: { 'policy.yaml': 'mdb:scan:\n- role:admin\n- - role:reader\n  - role:member\n' } },
  { files: { 'policy.yaml': 'mdb:scan: [[]]\nmdb:query: []\n' } },
  { files: { 'policy.yaml': 'mdb:scan: &x role:admin\nmdb:query: *x\n' } },
  { files: { 'policy.yaml': '<<: {mdb:scan: role:admin}\nmdb:query: "@"\n' } },
  { files: { 'policy.yaml': '? mdb:scan\n: role:admin\n' } },
  { files: { 'policy.yaml': '{mdb:scan: role:admin, "mdb:query": ""}\n' } },
  { files: { 'policy.yaml': '{"mdb:scan": [["role:admin"], ["role:reader", "role:member"]]}' } },
  { files: { 'policy.yaml': "'mdb:scan': 'project_id:%(project_id)s or ''p1'':p1'\n" } },
  { files: { 'policy.yaml': 'mdb:scan: ! role:admin\n' } },
  { files: { 'policy.yaml': 'mdb:scan: 0o17\nmdb:query: x\n' } },
  { files: { 'policy.yaml': 'mdb:scan: "role:admin\\x20or role:reader"\n' } },
  { files: { 'policy.yaml': '\ufeffmdb:scan: role:admin\n' } },
  { files: { 'policy.yaml': 'mdb:scan: role:admin\r\nmdb:query: role:admin\r\n' } },
  { files: { 'policy.yaml': 'default: "@"\nmdb:scan: rule:nothing\nextra: "!"\n' } },
  {
    files: { 'policy.yaml': 'default: "@"\nother: role:admin\nmdb:scan: rule:nothing\n' },
    options: 'policy_default_rule = other\n',
  },
  { files: { 'policy.yaml': 'project_reader: role:member\n' } },
  {
    files: { 'policy.yaml': 'mdb:scan: rule:mdb:scan\nmdb:query: role:reader or rule:mdb:query\n' },
  },
  { files: { 'policy.d/only.yaml': 'mdb:scan: role:admin\n' } },
  { files: { 'policy.d/a': 'mdb:scan: role:admin\n', 'policy.d/B': 'mdb:scan: role:member\n' } },
  { files: { 'policy.d/sub/a.yaml': 'mdb:scan: role:admin\n', 'policy.yaml': 'mdb:query: "!"\n' } },
  { files: { 'rules.json': '{"mdb:scan": "!"}' }, options: 'policy_file = rules.json\n' },
  {
    files: { 'one.d/a.yaml': 'mdb:scan: "!"\n', 'policy.d/a.yaml': 'mdb:query: "!"\n' },
    options: 'policy_dirs = one.d\n',
  },
  { files: { 'policy.yaml': 'mdb:scan: "unclosed\n' } },
  { files: { 'policy.yaml': 'mdb:scan: role: admin\n' } },
  { files: { 'policy.yaml': 'mdb:scan: @\n' } },
  { files: { 'policy.yaml': 'mdb:scan: %(project_id)s\n' } },
  { files: { 'policy.yaml': 'mdb:scan: !python/none x\n' } },
  { files: { 'policy.yaml': 'mdb:scan: "!"\n---\nmdb:query: "!"\n' } },
  { files: { 'policy.yaml': '- mdb:scan\n' } },
  { files: { 'policy.yaml': 'mdb:scan\n' } },
  { files: { 'policy.yaml': 'mdb:scan: 7\n' } },
  { files: { 'policy.yaml': 'mdb:scan: yes\n' } },
  { files: { 'policy.yaml': 'mdb:scan: 2026-01-01\n' } },
  { files: { 'policy.yaml': 'mdb:scan: [7]\n' } },
  { files: { 'policy.yaml': 'mdb:query: "!"\n', 'policy.d/a.yaml': 'mdb:scan: {\n' } },
]

/** Refused here, while oslo.policy takes the rule for one that allows everybody, or reads on. */
export const STRICTER_FOLDERS: readonly PolicyFolder[] = [
  ...[
    '',
    ' ~',
    ' false',
    ' 0',
    ' {}',
    ' !',
    ' !!str',
    ' {role: admin}',
    ' [[7]]',
    ' y',
    ' 1e3',
  ].map((value) => ({
    files: { 'policy.yaml': `mdb:scan:${value}\n` },
  })),
  { files: { 'policy.yaml': '[]' } },
  { files: { 'policy.yaml': '7: role:admin\n' } },
]
