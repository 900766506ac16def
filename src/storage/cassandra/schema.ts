/**
 * The one physical table. Made at bootstrap if it is missing; nothing is ever altered or made
 * while serving.
 */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'cassandra-driver'
import { checkReplication, ReplicationError } from './check-replication.ts'
import { unavailable } from './errors.ts'
import { type CassandraOptions, replicationOf } from './options.ts'

const ATTEMPTS_MAX = 20
const PAUSE_MS = 250
/** DDL takes longer than any request is allowed to. */
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

/** Several processes may do this at once, each perhaps through another node: every step may
 * already be done, half known or just being done by a rival, so all are tried again until the
 * schema is seen whole. */
export async function ensureSchema(client: Client, options: CassandraOptions): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      for (const statement of await missingOf(client, options)) {
        await client.execute(statement, [], { readTimeout: DDL_TIMEOUT_MS })
      }
      // Fails until the index answers queries.
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

/** Throws where it could not be made. */
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

/** The id follows from the keyspace's name. Left to itself, each node through which a rival
 * creates the table would give it another id, and the schemas would never agree. */
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
  // A UUID of version 8: its bits are the maker's own.
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
