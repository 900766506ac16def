/** What is fixed about an operation, whatever wire it comes by. */
export interface Declaration {
  /** Readers may read; members may write, too. */
  readonly access: 'read' | 'write'
  /** As operators read it in the sample of the policy file. */
  readonly description: string
  /** How many one process runs at once, where that is less than for most. */
  readonly inFlightMax?: { readonly process: number; readonly project: number }
}

/** Each holds two windows of lines (load-window.ts) in memory, and their rows. */
export const BULK_LOADS_IN_FLIGHT_MAX = 16
/** Of one project, whose callers may take an hour over each. */
export const PROJECT_BULK_LOADS_IN_FLIGHT_MAX = 4

/** Every operation, by its name in policies (`mdb:put_item`), metrics and logs. */
export const DECLARATIONS = {
  create_table: { access: 'write', description: 'Create a table' },
  delete_table: { access: 'write', description: 'Delete a table' },
  list_tables: { access: 'read', description: 'List the tables of a project' },
  describe_table: { access: 'read', description: 'Show the definition of a table' },
  put_item: { access: 'write', description: 'Write an item' },
  get_item: { access: 'read', description: 'Read an item' },
  update_item: { access: 'write', description: 'Change an item' },
  delete_item: { access: 'write', description: 'Delete an item' },
  batch_write_item: { access: 'write', description: 'Write and delete items' },
  bulk_load: {
    access: 'write',
    description: 'Write the items of a stream',
    inFlightMax: { process: BULK_LOADS_IN_FLIGHT_MAX, project: PROJECT_BULK_LOADS_IN_FLIGHT_MAX },
  },
  batch_get_item: { access: 'read', description: 'Read items by their keys' },
  query: { access: 'read', description: 'Read items of one hash key' },
  scan: { access: 'read', description: 'Read all items of a table' },
} as const satisfies Readonly<Record<string, Declaration>>

export type OperationName = keyof typeof DECLARATIONS
export type Declarations = Readonly<Record<OperationName, Declaration>>
