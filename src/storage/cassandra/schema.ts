/** The one physical table. Created at the start if it is missing, never altered while serving. */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'cassandra-driver'
import { checkReplication, ReplicationError } from './check-replication.ts'
import { unavailable } from './errors.ts'
import { type CassandraOptions, replicationOf } from './options.ts'

const ATTEMPTS_MAX = 20
const PAUSE_MS = 250
/** DDL takes longer than other requests. */
const DDL_TIMEOUT_MS = 30_000

const COLUMNS = [
  'table_id uuid',
  'partition blob',
  'sort blob',
  'value blob',
  'size int',
  'version blob',
  'lock blob',
  'expires_at bigint',
]

/** Safe in several processes at once, even through different nodes: a step may be done, partly
 * visible or in progress elsewhere, so all steps repeat until the whole schema is visible. */
export async function ensureSchema(client: Client, options: CassandraOptions): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      for (const statement of await missingOf(client, options)) {
        await client.execute(statement, [], { readTimeout: DDL_TIMEOUT_MS })
      }
      // This query fails until the index answers queries.
      await client.execute(
        `SELECT sort FROM ${options.keyspace}.items ` +
          'WHERE table_id = 00000000-0000-0000-0000-000000000000 LIMIT 1',
      )
      return
    } catch (error) {
      if (attempt >= ATTEMPTS_MAX || error instanceof ReplicationError) throw unavailable(error)
      await delay(PAUSE_MS * (1 + Math.random()))
    }
  }
}

/** @throws ReplicationError where the schema could not be created */
export async function isSchemaMade(client: Client, options: CassandraOptions): Promise<boolean> {
  return (await missingOf(client, options)).length === 0
}

async function missingOf(client: Client, options: CassandraOptions): Promise<string[]> {
  const { keyspace } = options
  const has = async (relation: string) => {
    const query = `SELECT keyspace_name FROM system_schema.${relation} LIMIT 1`
    const result = await client.execute(query, [keyspace], { prepare: true })
    return result.rowLength > 0
  }
  const [keyspaceKnown, tableKnown, indexKnown] = await Promise.all([
    has('keyspaces WHERE keyspace_name = ?'),
    has("tables WHERE keyspace_name = ? AND table_name = 'items'"),
    has("indexes WHERE keyspace_name = ? AND table_name = 'items'"),
  ])
  if (!keyspaceKnown) checkReplication(client, options)
  return [
    ...(keyspaceKnown ? [] : [keyspaceText(options)]),
    ...(tableKnown ? [] : [tableText(keyspace)]),
    ...(indexKnown ? [] : [indexText(keyspace)]),
  ]
}

function keyspaceText(options: CassandraOptions): string {
  return (
    `CREATE KEYSPACE IF NOT EXISTS ${options.keyspace} ` +
    `WITH replication = ${replicationOf(options)}`
  )
}

/** The table's id is derived from the keyspace's name. With random ids, processes that create the
 * table through different nodes would leave schemas that never agree. */
function tableText(keyspace: string): string {
  return (
    `CREATE TABLE IF NOT EXISTS ${keyspace}.items (${COLUMNS.join(', ')}, ` +
    `PRIMARY KEY ((table_id, partition), sort)) WITH id = ${tableIdOf(keyspace)}`
  )
}

function indexText(keyspace: string): string {
  return `CREATE INDEX IF NOT EXISTS items_table_id ON ${keyspace}.items (table_id) USING 'sai'`
}

function tableIdOf(keyspace: string): string {
  const bytes = createHash('sha256').update(`magnetodb ${keyspace}.items`).digest().subarray(0, 16)
  // A UUID of version 8, which is for custom formats.
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
