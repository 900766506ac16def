/** A rule that operators may override: its default, and the requests that it covers. */
export interface RuleDefault {
  readonly name: string
  /** In the language of oslo.policy. */
  readonly checkStr: string
  readonly description: string
  /** Empty for a rule that only other rules use. */
  readonly operations: readonly { readonly method: string; readonly path: string }[]
  readonly scopeTypes: readonly 'project'[]
}

/** Even administrators act only within the project of their token. */
export const PERSONA_RULES: readonly RuleDefault[] = [
  {
    name: 'project_reader',
    checkStr: 'role:reader and project_id:%(project_id)s',
    description: 'Read access to a project',
    operations: [],
    scopeTypes: ['project'],
  },
  {
    name: 'project_member',
    checkStr: 'role:member and project_id:%(project_id)s',
    description: 'Write access to a project',
    operations: [],
    scopeTypes: ['project'],
  },
  {
    name: 'project_admin',
    checkStr: 'role:admin and project_id:%(project_id)s',
    description: 'Administrators of a project',
    operations: [],
    scopeTypes: ['project'],
  },
]
