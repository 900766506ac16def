/** A rule as operators will see it: what it is asked for, and what is true without any file. */
export interface RuleDefault {
  readonly name: string
  /** In oslo.policy's language. */
  readonly checkStr: string
  readonly description: string
  /** Empty for a rule that only other rules refer to. */
  readonly operations: readonly RuleOperation[]
  readonly scopeTypes: readonly 'project'[]
}

export interface RuleOperation {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
}

export type OperationRule = (typeof OPERATION_RULES)[number]['name']

const PROJECT = '/v1/data/{project_id}'
const TABLE = `${PROJECT}/tables/{table_name}`

/** Project personas. An administrator, too, only acts within the project of the token. */
const PERSONA_RULES = [
  persona('project_admin', 'admin', 'Administrators of a project'),
  persona('project_member', 'member', 'Who may change what a project has'),
  persona('project_reader', 'reader', 'Who may see what a project has'),
]

const OPERATION_RULES = [
  member('mdb:create_table', 'Create a table', 'POST', `${PROJECT}/tables`),
  member('mdb:delete_table', 'Delete a table', 'DELETE', TABLE),
  reader('mdb:list_tables', 'List the tables of a project', 'GET', `${PROJECT}/tables`),
  reader('mdb:describe_table', 'Show the definition of a table', 'GET', TABLE),
  member('mdb:put_item', 'Write an item', 'POST', `${TABLE}/put_item`),
  reader('mdb:get_item', 'Read an item', 'POST', `${TABLE}/get_item`),
  member('mdb:update_item', 'Change an item', 'POST', `${TABLE}/update_item`),
  member('mdb:delete_item', 'Delete an item', 'POST', `${TABLE}/delete_item`),
  member('mdb:batch_write_item', 'Write items of tables', 'POST', `${PROJECT}/batch_write_item`),
  reader('mdb:batch_get_item', 'Read items of tables', 'POST', `${PROJECT}/batch_get_item`),
  reader('mdb:query', 'Read items of one hash key', 'POST', `${TABLE}/query`),
  reader('mdb:scan', 'Read all items of a table', 'POST', `${TABLE}/scan`),
] as const

export const RULE_DEFAULTS: readonly RuleDefault[] = [...PERSONA_RULES, ...OPERATION_RULES]

function persona(name: string, role: string, description: string): RuleDefault {
  const checkStr = `role:${role} and project_id:%(project_id)s`
  return { name, checkStr, description, operations: [], scopeTypes: ['project'] }
}

function member<Name extends string>(
  name: Name,
  description: string,
  method: RuleOperation['method'],
  path: string,
) {
  return operation(name, 'rule:project_member or rule:project_admin', description, { method, path })
}

function reader<Name extends string>(
  name: Name,
  description: string,
  method: RuleOperation['method'],
  path: string,
) {
  return operation(name, 'rule:project_reader or rule:project_admin', description, { method, path })
}

function operation<Name extends string>(
  name: Name,
  checkStr: string,
  description: string,
  route: RuleOperation,
): RuleDefault & { readonly name: Name } {
  return { name, checkStr, description, operations: [route], scopeTypes: ['project'] }
}
