import type { types } from 'cassandra-driver'
import * as assert from 'uvu/assert'
import { LANDMARK_DELETES } from '../../../src/storage/cassandra/landmarks.ts'
import { commitAll } from '../../../src/storage/cassandra/send-commits.ts'
import { type Query, Session } from '../../../src/storage/cassandra/session.ts'
import { statementsOf } from '../../../src/storage/cassandra/statements.ts'
import type { Commit } from '../../../src/storage/driver.ts'
import { suite } from '../../support/suite.ts'
import { oneNode, unconnectedClient } from './one-node.ts'

const test = suite('landmarks')

const statements = statementsOf('k')
const place = { table: Buffer.alloc(16, 1), partition: Buffer.from('p') }

/** Never connects. Keeps the statements of commits. */
class PlayedSession extends Session {
  readonly sent: string[] = []

  constructor() {
    super(unconnectedClient(), oneNode({}))
  }

  override async commit(queries: Query[]): Promise<types.Row[]> {
    this.sent.push(...queries.map(({ query }) => query))
    return []
  }
}

/** A commit that deletes rows unconditionally. */
function deleting(rows: number, number = 0): Commit {
  const id = Buffer.alloc(16)
  id.writeUInt16BE(number)
  const deleted = Array.from({ length: rows }, (_, row) => Buffer.from(`row ${row}`))
  return { id, require: deleted.map((sort) => ({ sort })), put: [], delete: deleted }
}

async function sentFor(commits: readonly Commit[]): Promise<readonly [number, number]> {
  const session = new PlayedSession()
  for (const commit of commits) await commitAll(session, statements, place, [commit], 0)
  const count = (text: string) => session.sent.filter((query) => query === text).length
  return [count(statements.landmark.any), count(statements.delete.any)]
}

test('of 128 deletes in one commit one leaves a landmark', async () => {
  for (const number of [0, 1, 77, 0xffff]) {
    const sent = await sentFor([deleting(LANDMARK_DELETES, number)])
    assert.equal(sent, [1, LANDMARK_DELETES - 1])
  }
})

test('of 128 commits of one delete one leaves a landmark', async () => {
  const commits = Array.from({ length: LANDMARK_DELETES }, (_, number) => deleting(1, 700 + number))
  assert.equal(await sentFor(commits), [1, LANDMARK_DELETES - 1])
})

test.run()
