import { randomBytes, randomUUID } from 'node:crypto'
import { types } from 'cassandra-driver'
import * as assert from 'uvu/assert'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import { runMain, runTool } from '../../support/program.ts'
import { iniText, writeConfig } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { TestKeyspace, testOptions } from '../cassandra-keyspace.ts'

const test = suite('cassandra format')

const LINE = /an earlier version \(format 1\); it cannot be upgraded/

/** The ids of the tables of definitions and of jobs. */
const [DEFINITIONS, JOBS] = [1, 3].map((last) => {
  const id = Buffer.alloc(16)
  id[15] = last
  return new types.Uuid(id)
})

/** The rows of version 0.1.0 for a keyspace with one table. */
function rowsOfFormat1() {
  const definition = {
    ...{ format: 1, id: randomUUID(), name: 'thread', status: 'ACTIVE' },
    ...{ attributeTypes: [['forum', 'S']], key: { hash: 'forum' } },
    ...{ localSecondaryIndexes: [], createdAt: 1_764_000_000_000 },
  }
  const id = 'expire_items'
  const state = { slot: 29_400_000 }
  const job = { id, kind: id, state, owner: null, attempt: 0, failures: 0 }
  return [
    { table: DEFINITIONS, partition: 'demo', sort: 'thread', value: definition },
    { table: JOBS, partition: 'jobs', sort: id, value: job },
  ]
}

test('a keyspace of an earlier version ends the start and the upgrade check', async () => {
  const options = testOptions()
  const keyspace = new TestKeyspace(options)
  const folder = new TemporaryFolder()
  try {
    const driver = new CassandraDriver(options)
    await driver.open()
    await driver.close()
    const query =
      `UPDATE ${options.keyspace}.items SET value = ?, size = ?, version = ?, expires_at = ? ` +
      'WHERE table_id = ? AND partition = ? AND sort = ? IF lock = null AND version = null'
    for (const { table, partition, sort, value } of rowsOfFormat1()) {
      const text = Buffer.from(JSON.stringify(value))
      const columns = [text, text.length, randomBytes(16), types.Long.fromNumber(0)]
      const params = [...columns, table, Buffer.from(partition), Buffer.from(sort)]
      const written = await keyspace.client.execute(query, params, { prepare: true })
      assert.is(written.rows[0]?.['[applied]'], true)
    }
    const [host, port] = [options.contact_points[0] ?? '', options.port]
    const sections = {
      DEFAULT: { storage_driver: 'cassandra', auth_strategy: 'noauth', bind_port: 0, workers: 2 },
      cassandra: { contact_points: host, port, keyspace: options.keyspace, replication_factor: 1 },
    }
    const config = ['--config-file', writeConfig(folder.path, iniText(sections))]
    const started = await runMain(config)
    assert.is(started.code, 1)
    const lines = started.stderr.split('\n').filter((line) => line.startsWith('magnetodb-api: '))
    assert.is(lines.length, 1, started.stderr)
    assert.match(lines[0] ?? '', LINE)
    const checked = await runTool('status', [...config, 'upgrade', 'check'])
    assert.is(checked.code, 2, checked.stdout)
    assert.match(checked.stdout.replaceAll(/[|\s]+/g, ' '), LINE)
  } finally {
    await keyspace.drop()
    folder.remove()
  }
})

test.run()
