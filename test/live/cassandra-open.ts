/** Opens a keyspace, writes to it and ends. Tests run several such processes at once. */
import { randomBytes } from 'node:crypto'
import { CassandraDriver } from '../../src/storage/cassandra/driver.ts'

const driver = new CassandraDriver(JSON.parse(process.argv[2] ?? ''))
await driver.open()
const sort = Buffer.from('s')
const row = { sort, value: Buffer.alloc(0), size: 1, expiresAt: 0 }
const commit = { id: randomBytes(16), require: [{ sort }], put: [row], delete: [] }
const deadline = performance.now() + 30_000
const result = await driver.commit(randomBytes(16), Buffer.from('p'), commit, deadline)
await driver.close()
process.exitCode = result.outcome === 'applied' ? 0 : 1
