import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import { EngineFixture } from '../../engine/engine-fixture.ts'
import { BUDGETS, createBudgetTables } from '../../operations/round-trip-budgets.ts'
import { cassandraFromEnv } from '../../stack/environment.ts'
import { suite } from '../../support/suite.ts'
import { type FrameProxy, startFrameProxy } from '../cassandra-frame-proxy.ts'
import { TestKeyspace, testOptions } from '../cassandra-keyspace.ts'

/**
 * Checks the budgets: a proxy counts the frames of Cassandra's protocol for each API request.
 * Background work does not go through the proxy.
 */

const test = suite('round trips on cassandra')
const options = testOptions()
let proxy: FrameProxy
let behindProxy: CassandraDriver
let direct: CassandraDriver

test.before(async () => {
  direct = new CassandraDriver(options)
  await direct.open()
  proxy = await startFrameProxy(cassandraFromEnv())
  const { port } = proxy
  behindProxy = new CassandraDriver({ ...options, contact_points: ['127.0.0.1'], port })
  await behindProxy.open()
})

test.after(async () => {
  await behindProxy?.close()
  await proxy?.close()
  await direct?.close()
  await new TestKeyspace(options).drop()
})

function engineOf(projectId: string): EngineFixture {
  return new EngineFixture({ driver: direct, requestDriver: behindProxy, projectId })
}

/** An engine with a new project that has the tables of the budgets. */
async function fixture(): Promise<EngineFixture> {
  const engine = engineOf(randomUUID())
  await createBudgetTables(engine)
  return engine
}

async function frames(work: () => Promise<unknown>): Promise<number> {
  proxy.reset()
  await work()
  const { query, execute, batch, prepare } = proxy.counts()
  return query + execute + batch + prepare
}

// Does not check the depth, which varies: if one of two concurrent partitions is done before the
// other's second request begins, this counts as a third step. The remote driver's test checks it.
for (const { what, request, warm, cold } of BUDGETS) {
  test(`${what} takes ${warm[0]} Cassandra requests, ${cold[0]} with cold caches`, async () => {
    const tables = await fixture()
    const fresh = engineOf(tables.projectId)
    assert.is(await frames(() => request(fresh)), cold[0], 'cold')
    assert.is(fresh.cost.requests, cold[0], 'as our own count has it')
    await fresh.close()
    await tables.close()
    const engine = await fixture()
    assert.is(await frames(() => request(engine)), warm[0])
    assert.is(engine.cost.requests, warm[0], 'as our own count has it')
    await engine.close()
  })
}

test('control: the counting proxy sees one extra request', async () => {
  const engine = await fixture()
  const [budget] = BUDGETS
  if (!budget) throw new Error('there are no budgets')
  const { request, warm } = budget
  assert.is(await frames(() => request(engine)), warm[0])
  const twice = async () => {
    await request(engine)
    await request(engine)
  }
  assert.is(await frames(twice), 2 * warm[0])
  await engine.close()
})

test.run()
