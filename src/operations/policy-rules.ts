import { PERSONA_RULES, type RuleDefault } from '../policy/rules.ts'
import { DECLARATIONS, type Declaration, type OperationName, POLICY_NAMES } from './declarations.ts'

/** A route of a wire to an operation, for the sample policy file. */
export interface RuledRoute {
  readonly method: string
  /** Parameters are written `:name`. */
  readonly path: string
  readonly operation: { readonly name: OperationName }
}

const CHECKS = {
  read: 'rule:project_reader or rule:project_admin',
  write: 'rule:project_member or rule:project_admin',
} as const satisfies Record<Declaration['access'], string>

/** The rules that apply without a policy file: those of the personas, then one per operation. */
export function ruleDefaults(routes: readonly RuledRoute[]): readonly RuleDefault[] {
  const operationRules = Object.entries(DECLARATIONS).map(([name, { access, description }]) => ({
    name: POLICY_NAMES[name as OperationName],
    checkStr: CHECKS[access],
    description,
    operations: routes
      .filter(({ operation }) => operation.name === name)
      .map(({ method, path }) => ({ method, path: path.replace(/:(\w+)/g, '{$1}') })),
    scopeTypes: ['project'] as const,
  }))
  return [...PERSONA_RULES, ...operationRules]
}
