import type { Identity, ServiceIdentity } from '../../src/identity/request-context.ts'
import type { RuleText } from '../../src/policy/parser.ts'
import type { Seeded } from '../seeded.ts'

/** A question to oslo.policy and to this implementation, as JSON. */
export interface Question {
  readonly rule: string
  readonly identity: JsonIdentity
  /** The target's project. */
  readonly projectId: string
}

type WithRoleList<T> = Omit<T, 'roles'> & { readonly roles: readonly string[] }
type JsonIdentity = WithRoleList<Omit<Identity, 'service' | 'expiresAt'>> & {
  readonly service?: WithRoleList<ServiceIdentity>
}

export function identityOf({ roles, service, ...plain }: JsonIdentity): Identity {
  return {
    ...plain,
    roles: new Set(roles),
    ...(service !== undefined && { service: { ...service, roles: new Set(service.roles) } }),
    expiresAt: Number.POSITIVE_INFINITY,
  }
}

const PROJECTS = ['p1', 'p2', 'member', 'None']
const ROLES = ['admin', 'member', 'Reader', 'SecSuspended', 'Service']
const RULE_NAMES = ['r0', 'r1', 'r2', 'r3']

const ROLE_CHECKS = [
  ...['member', 'Reader', 'READER', 'secsuspended', 'SecSuspended', 'ADMIN', 'ghost', 'mem', ''],
  ...['a:b', '%(project_id)s', '%(missing)s', '%(project_id)d', '100%', '%%', '%(project_id'],
  ...['%(a(b))s', '%((project_id)s'],
]
const LEFT_SIDES = [
  ...['user_id', 'user_domain_id', 'project_id', 'project_domain_id', 'domain_id', 'system_scope'],
  ...['roles', 'is_admin', 'is_admin_project', 'service_user_id', 'service_project_id'],
  ...['service_roles', 'project_id', 'roles', 'nobody', 'token.project.id', 'roles.name', 'tenant'],
  ...['user_id.name', 'nobody.name', 'service_roles.name', 'os-volume', 'class', 'user.from', ''],
  ...["'p1'", '"p1"', "'member'", 'True', 'False', 'None', '5', '-3', '1.5', "''", '007', '2nd'],
  ...['user_id.', '.user_id', 'a..b', "'p1", '$x', '@', 'Role', 'Rule', 'HTTP', 'is_admin'],
]
const RIGHT_SIDES = [
  ...['p1', 'member', 'Reader', 'reader', 'SecSuspended', 'secsuspended', 'u1', 'd1', 'None'],
  ...['True', 'False', '5', '-3', '1.5', 'admin', '', 'nova'],
  ...['%(project_id)s', '%(project_id)s', '%(project_id)s', '%(missing)s', 'p%(project_id)s', '%%'],
  ...['%(project_id)d', '%(project_id)s%', '%(missing)d', 'a%', '%(', '%()s', 'a:b', "'p1'"],
]
const WORDS = ['nonsense', '@', '!', "'quoted'", '"role:admin"', ':', 'a:b:c', "'a')", '%', '@)']
const SPACES = [' ', '  ', '\t', '\n', '\u00a0', '\x1c', '\u2003', '\x85']

function checkText(random: Seeded): string {
  const kind = random.below(10)
  if (kind < 3) return `role:${random.pick(ROLES)}`
  if (kind < 4) return `role:${random.pick(ROLE_CHECKS)}`
  if (kind < 5) return `rule:${random.pick([...RULE_NAMES, 'missing', 'default'])}`
  if (kind < 9) return `${random.pick(LEFT_SIDES)}:${random.pick(RIGHT_SIDES)}`
  return random.pick(WORDS)
}

function space(random: Seeded): string {
  return random.below(10) > 0 ? ' ' : random.pick(SPACES)
}

function keyword(random: Seeded, word: string): string {
  const capital = `${word[0]?.toUpperCase()}${word.slice(1)}`
  const spelling = random.pick([word, word, word.toUpperCase(), capital])
  return `${space(random)}${spelling}${space(random)}`
}

/** A well-formed rule, as a careful operator writes it. Its single checks are random. */
function orderlyRule(random: Seeded, depth: number): string {
  const kind = depth === 0 ? 9 : random.below(10)
  const inner = () => orderlyRule(random, depth - 1)
  if (kind < 2) return `${inner()}${keyword(random, 'and')}${inner()}`
  if (kind < 4) return `${inner()}${keyword(random, 'or')}${inner()}`
  if (kind < 5) return `not${space(random)}${inner()}`
  if (kind < 7) return `(${inner()})`
  return checkText(random)
}

/** Words in any order. */
function wildRule(random: Seeded): string {
  const words = Array.from({ length: random.below(9) }, () =>
    random.pick(['and', 'or', 'not', '(', ')', '((', '))', checkText(random), checkText(random)]),
  )
  return words.map((word) => word + random.pick([' ', ' ', ' ', ''])).join('')
}

/** A check for a list. Lists are not split into words, so the left side of a check may be any
 * Python. This implementation reads words and operators there, but no brackets or literals. */
function wildCheck(random: Seeded): string {
  return wildRule(random).replace(/^[^:]*/, (left) => left.replace(/[^A-Za-z_ ]/g, ''))
}

function listRule(random: Seeded): RuleText {
  const item = () => random.pick([checkText(random), checkText(random), wildCheck(random)])
  const items = () => Array.from({ length: random.below(4) }, item)
  return Array.from({ length: random.below(4) }, () => random.pick([item(), items(), items()]))
}

export function randomRule(random: Seeded): RuleText {
  const kind = random.below(10)
  if (kind < 7) return orderlyRule(random, 5)
  return kind < 9 ? wildRule(random) : listRule(random)
}

function randomIdentity(random: Seeded): JsonIdentity {
  const roles = () => ROLES.filter(() => random.below(2) > 0)
  return {
    userId: random.pick(['u1', 'u2', 'True']),
    ...(random.below(3) > 0 && { userDomainId: random.pick(['d1', 'd2']) }),
    projectId: random.pick(PROJECTS),
    ...(random.below(3) > 0 && { projectDomainId: random.pick(['d1', 'd2']) }),
    roles: roles(),
    ...(random.below(3) > 0 && { isAdminProject: random.below(2) > 0 }),
    ...(random.below(3) === 0 && {
      service: { userId: random.pick(['nova', 'u1']), projectId: 'p1', roles: roles() },
    }),
  }
}

export function randomQuestion(random: Seeded, rule: string): Question {
  const identity = randomIdentity(random)
  const projectId = random.pick([identity.projectId, ...PROJECTS])
  return { rule, identity, projectId }
}

export type RuleSet = ReturnType<typeof randomRuleSet>

export function randomRuleSet(random: Seeded) {
  const rules: Record<string, RuleText> = {}
  for (const name of RULE_NAMES) rules[name] = randomRule(random)
  if (random.below(3) === 0) rules.default = randomRule(random)
  const questions = [...RULE_NAMES, 'unknown'].flatMap((name) =>
    Array.from({ length: 3 }, () => randomQuestion(random, name)),
  )
  return { rules, defaultRule: random.pick(['default', 'default', 'r1', 'missing']), questions }
}
