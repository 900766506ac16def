/** A rule as operators see it: what it is asked for, and what holds without any file. */
export interface RuleDefault {
  readonly name: string
  /** In oslo.policy's language. */
  readonly checkStr: string
  readonly description: string
  /** Empty for a rule that only other rules refer to. */
  readonly operations: readonly { readonly method: string; readonly path: string }[]
  readonly scopeTypes: readonly 'project'[]
}

/** Also an administrator acts only within the project of the token. */
export const PERSONA_RULES: readonly RuleDefault[] = [
  {
    name: 'project_reader',
    checkStr: 'role:reader and project_id:%(project_id)s',
    description: 'Whoever may see what a project has',
    operations: [],
    scopeTypes: ['project'],
  },
  {
    name: 'project_member',
    checkStr: 'role:member and project_id:%(project_id)s',
    description: 'Whoever may change what a project has',
    operations: [],
    scopeTypes: ['project'],
  },
  {
    name: 'project_admin',
    checkStr: 'role:admin and project_id:%(project_id)s',
    description: 'Administrators, within a project',
    operations: [],
    scopeTypes: ['project'],
  },
]
