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

/** The rule that an operation asks for. */
export type OperationRule = (typeof OPERATION_RULES)[number]['name']

const PROJECT = '/v1/data/{project_id}'
const TABLE = `${PROJECT}/tables/{table_name}`

const READER = 'rule:project_reader or rule:project_admin'
const MEMBER = 'rule:project_member or rule:project_admin'

/** Also an administrator acts only within the project of the token. */
const PERSONA_RULES = [
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
] as const satisfies readonly RuleDefault[]

const OPERATION_RULES = [
  {
    name: 'mdb:create_table',
    checkStr: MEMBER,
    description: 'Create a table',
    operations: [{ method: 'POST', path: `${PROJECT}/tables` }],
    scopeTypes: ['project'],
  },
  {
    name: 'mdb:delete_table',
    checkStr: MEMBER,
    description: 'Delete a table',
    operations: [{ method: 'DELETE', path: TABLE }],
    scopeTypes: ['project'],
  },
  {
    name: 'mdb:list_tables',
    checkStr: READER,
    description: 'List the tables of a project',
    operations: [{ method: 'GET', path: `${PROJECT}/tables` }],
    scopeTypes: ['project'],
  },
  {
    name: 'mdb:describe_table',
    checkStr: READER,
    description: 'Show the definition of a table',
    operations: [{ method: 'GET', path: TABLE }],
    scopeTypes: ['project'],
  },
  {
    name: 'mdb:put_item',
    checkStr: MEMBER,
    description: 'Write an item',
    operations: [{ method: 'POST', path: `${TABLE}/put_item` }],
    scopeTypes: ['project'],
  },
  {
    name: 'mdb:get_item',
    checkStr: READER,
    description: 'Read an item',
    operations: [{ method: 'POST', path: `${TABLE}/get_item` }],
    scopeTypes: ['project'],
  },
  {
    name: 'mdb:update_item',
    checkStr: MEMBER,
    description: 'Change an item',
    operations: [{ method: 'POST', path: `${TABLE}/update_item` }],
    scopeTypes: ['project'],
  },
  {
    name: 'mdb:delete_item',
    checkStr: MEMBER,
    description: 'Delete an item',
    operations: [{ method: 'POST', path: `${TABLE}/delete_item` }],
    scopeTypes: ['project'],
  },
  {
    name: 'mdb:batch_write_item',
    checkStr: MEMBER,
    description: 'Write and delete items',
    operations: [{ method: 'POST', path: `${PROJECT}/batch_write_item` }],
    scopeTypes: ['project'],
  },
  {
    name: 'mdb:bulk_load',
    checkStr: MEMBER,
    description: 'Write the items of a stream',
    operations: [{ method: 'POST', path: `${TABLE}/bulk_load` }],
    scopeTypes: ['project'],
  },
  {
    name: 'mdb:batch_get_item',
    checkStr: READER,
    description: 'Read items by their keys',
    operations: [{ method: 'POST', path: `${PROJECT}/batch_get_item` }],
    scopeTypes: ['project'],
  },
  {
    name: 'mdb:query',
    checkStr: READER,
    description: 'Read items of one hash key',
    operations: [{ method: 'POST', path: `${TABLE}/query` }],
    scopeTypes: ['project'],
  },
  {
    name: 'mdb:scan',
    checkStr: READER,
    description: 'Read all items of a table',
    operations: [{ method: 'POST', path: `${TABLE}/scan` }],
    scopeTypes: ['project'],
  },
] as const satisfies readonly RuleDefault[]

export const RULE_DEFAULTS: readonly RuleDefault[] = [...PERSONA_RULES, ...OPERATION_RULES]
