/** Every statement that the driver prepares. Only the validated keyspace is put into the text; all
 * other values are bound. */

const KEY = 'table_id = ? AND partition = ? AND sort = ?'
const COLUMNS = 'sort, value, size, version, lock, expires_at, WRITETIME(version) AS written'
const TOKEN = 'token(table_id, partition)'

/** A released lock may be empty, which leaves no tombstone. */
const UNLOCKED = 'lock IN (null, 0x)'

/** The `size` of a landmark. Its other columns are null. */
const LANDMARK_SIZE = -1

/** Every condition names both columns, so that every refusal returns both. No version is empty. */
const CONDITIONS = {
  any: ` IF ${UNLOCKED} AND version != 0x`,
  absent: ` IF ${UNLOCKED} AND version = null`,
  exact: ` IF ${UNLOCKED} AND version = ?`,
  none: '',
} as const

export type Condition = keyof typeof CONDITIONS

/** Statements of `sizes` select only the sizes, for which Cassandra reads no values. */
export type RangeTexts = Record<'rows' | 'sizes', Record<'bounded' | 'open', string>>

export interface Statements {
  /** Params: table, partition, sort. */
  readonly get: string
  /** Params: table, partition, sorts. */
  readonly getMany: string
  /** Params: table, partition, from, to unless open, limit. */
  readonly slice: Record<'forward' | 'backward', RangeTexts>
  /** Params: table, first token, last token, from, to unless open, limit. */
  readonly scan: RangeTexts
  /** Params: table, partition, from, to unless open, limit. */
  readonly sorts: RangeTexts['rows']
  /** The partitions of all tables at one token. Params: token. */
  readonly partitionsAtToken: string
  /** The partition of every row, as often as it has rows: for DISTINCT, Cassandra would read whole
   * rows through the index. Params: table, first token, last token, limit. */
  readonly partitions: string
  /** Params: value, size, version, expires at, table, partition, sort, the version if exact. */
  readonly put: Record<Condition, string>
  /** Params: table, partition, sort, the version if exact. */
  readonly delete: Record<Condition, string>
  /** Deletes a row and leaves a landmark. Params: as of `delete`. */
  readonly landmark: Record<Condition, string>
  /** Requires a row that never expires, without changing it. Params: table, partition, sort,
   * version. */
  readonly require: string
  /** Params: value, size, version, table, partition, sort. */
  readonly append: string
  /** Params: microseconds, table, partition. */
  readonly purge: string
  readonly engineTime: string
}

/** Seconds a landmark lives, twice `gc_grace_seconds`: by then reads no longer count the tombstones
 * around it, and compaction has had that long to remove them. */
const LANDMARK_SECONDS = 20 * 24 * 3600

export function statementsOf(keyspace: string): Statements {
  const items = `${keyspace}.items`
  const slice = (columns: string, upper: string, order: string) =>
    `SELECT ${columns} FROM ${items} WHERE table_id = ? AND partition = ? AND sort >= ?` +
    `${upper}${order} LIMIT ?`
  const scan = (columns: string, upper: string) =>
    `SELECT ${columns} FROM ${items} WHERE table_id = ? AND ` +
    `${TOKEN} >= ? AND ${TOKEN} <= ? AND sort >= ?${upper} LIMIT ? ALLOW FILTERING`
  const put = `UPDATE ${items} SET value = ?, size = ?, version = ?, expires_at = ? WHERE ${KEY}`
  const landmark =
    `UPDATE ${items} USING TTL ${LANDMARK_SECONDS} SET value = null, size = ${LANDMARK_SIZE}, ` +
    `version = null, lock = null, expires_at = null WHERE ${KEY}`
  const conditional = (text: string) => ({
    any: text + CONDITIONS.any,
    absent: text + CONDITIONS.absent,
    exact: text + CONDITIONS.exact,
    none: text + CONDITIONS.none,
  })
  const bounds = (text: (upper: string) => string) => ({
    bounded: text(' AND sort < ?'),
    open: text(''),
  })
  const texts = (text: (columns: string, upper: string) => string, more = '') => ({
    rows: bounds((upper) => text(more + COLUMNS, upper)),
    sizes: bounds((upper) => text('size', upper)),
  })
  return {
    get: `SELECT ${COLUMNS} FROM ${items} WHERE ${KEY}`,
    getMany: `SELECT ${COLUMNS} FROM ${items} WHERE table_id = ? AND partition = ? AND sort IN ?`,
    slice: {
      forward: texts((columns, upper) => slice(columns, upper, '')),
      backward: texts((columns, upper) => slice(columns, upper, ' ORDER BY sort DESC')),
    },
    scan: texts(scan, `partition, ${TOKEN} AS place, `),
    sorts: bounds((upper) => slice('sort, version', upper, '')),
    partitionsAtToken: `SELECT DISTINCT table_id, partition FROM ${items} ` + `WHERE ${TOKEN} = ?`,
    partitions:
      `SELECT partition, ${TOKEN} AS place FROM ${items} ` +
      `WHERE table_id = ? AND ${TOKEN} >= ? AND ${TOKEN} <= ? LIMIT ?`,
    put: conditional(put),
    delete: conditional(`DELETE FROM ${items} WHERE ${KEY}`),
    landmark: conditional(landmark),
    require: `UPDATE ${items} SET expires_at = 0 WHERE ${KEY}${CONDITIONS.exact}`,
    append: `UPDATE ${items} SET value = ?, size = ?, version = ?, expires_at = 0 WHERE ${KEY}`,
    engineTime: 'SELECT to_unix_timestamp(now()) AS now FROM system.local',
    purge: `DELETE FROM ${items} USING TIMESTAMP ? WHERE table_id = ? AND partition = ?`,
  }
}
