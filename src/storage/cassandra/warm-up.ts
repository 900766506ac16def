import { randomBytes } from 'node:crypto'
import { types } from 'cassandra-driver'
import type { Session } from './session.ts'
import type { RangeTexts, Statements } from './statements.ts'

const WARM_UP_MS = 10_000

/** Prepares every statement before the first request: reads a missing table, and sends a commit
 * that is refused because it requires a missing row. */
export async function warmUp(session: Session, statements: Statements): Promise<void> {
  const deadline = performance.now() + WARM_UP_MS
  const table = types.Uuid.random()
  const partition = randomBytes(16)
  const [from, to, limit] = [Buffer.alloc(0), Buffer.from('ff', 'hex'), 1]
  const read = (query: string, params: unknown[]) =>
    session.read({ query, params }, limit, { level: 'strong', deadline })
  const ranges = ({ rows, sizes }: RangeTexts, params: unknown[]) =>
    [rows, sizes].flatMap(({ bounded, open }) => [
      read(bounded, [...params, from, to, limit]),
      read(open, [...params, from, limit]),
    ])
  const key = (sort: string) => [table, partition, Buffer.from(sort)]
  const columns = [Buffer.alloc(0), 0, Buffer.alloc(16), 0n]
  await Promise.all([
    read(statements.get, key('0')),
    read(statements.getMany, [table, partition, [from]]),
    ...Object.values(statements.slice).flatMap((texts) => ranges(texts, [table, partition])),
    ...ranges(statements.scan, [table, 0n, 0n]),
    read(statements.sorts.bounded, [table, partition, from, to, limit]),
    read(statements.sorts.open, [table, partition, from, limit]),
    read(statements.partitionsAtToken, [0n]),
    session.commit(
      [
        { query: statements.put.none, params: [...columns, ...key('0')] },
        { query: statements.put.any, params: [...columns, ...key('1')] },
        { query: statements.put.absent, params: [...columns, ...key('2')] },
        { query: statements.put.exact, params: [...columns, ...key('3'), Buffer.alloc(16)] },
        { query: statements.delete.none, params: key('4') },
        { query: statements.delete.any, params: key('5') },
        { query: statements.delete.absent, params: key('6') },
        { query: statements.delete.exact, params: [...key('7'), Buffer.alloc(16)] },
        { query: statements.landmark.none, params: key('8') },
        { query: statements.landmark.any, params: key('9') },
        { query: statements.landmark.absent, params: key('a') },
        { query: statements.landmark.exact, params: [...key('b'), Buffer.alloc(16)] },
        { query: statements.require, params: [...key('c'), Buffer.alloc(16)] },
        { query: statements.append, params: [from, 0, Buffer.alloc(16), ...key('d')] },
      ],
      deadline,
    ),
  ])
}
