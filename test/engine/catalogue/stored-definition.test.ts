import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  readDefinition,
  replaceDefinition,
  type StoredDefinition,
} from '../../../src/engine/catalogue/stored-definition.ts'
import { MemoryDriver } from '../../../src/storage/memory/driver.ts'
import { EngineFixture } from '../engine-fixture.ts'

const test = suite('stored definition')

test('only the version that was read is replaced or deleted', async () => {
  const storage = new MemoryDriver()
  const fixture = new EngineFixture({ driver: storage })
  const created = await fixture.create('table')
  const { projectId } = fixture
  const context = { storage, projectId, deadline: performance.now() + 10_000 }
  const old = (await readDefinition(context, 'table')) as StoredDefinition
  assert.equal(old.definition, created)
  const next = { ...created, status: 'DELETE_FAILED' } as const
  assert.is(await replaceDefinition(context, old, next, 'jobs'), true)
  assert.is(await replaceDefinition(context, old, created, 'jobs'), false)
  assert.is(await replaceDefinition(context, old, null, 'jobs'), false)
  const latest = (await readDefinition(context, 'table')) as StoredDefinition
  assert.equal(latest.definition, next)
  assert.is(await replaceDefinition(context, latest, null, 'jobs'), true)
  assert.is(await readDefinition(context, 'table'), null)
  await fixture.close()
})

test.run()
