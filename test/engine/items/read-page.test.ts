import * as assert from 'uvu/assert'
import type { Condition } from '../../../src/expression/condition.ts'
import { pathOf } from '../../../src/expression/path.ts'
import type { Item } from '../../../src/model/attribute-value.ts'
import { finished, type Stepped } from '../../../src/model/steps.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { type Query, query } from '../../../src/operations/items/query.ts'
import { type Scan, scan } from '../../../src/operations/items/scan.ts'
import type { Operation } from '../../../src/operations/operation.ts'
import { StorageUnavailableError } from '../../../src/storage/driver.ts'
import { suite } from '../../support/suite.ts'
import { EngineFixture } from '../engine-fixture.ts'
import { UNSHARED } from '../unshared.ts'

const pages = suite('pages')

const OPERATION_MS = 30_000
const FILTER: Condition = { op: 'attribute_exists', path: pathOf('r') }
const READ = { table: 'pages', consistentRead: true, filter: FILTER } as const

pages('a filter ends with the time of its operation', async () => {
  const fixture = new EngineFixture()
  await fixture.create('pages')
  for (const r of ['1', '2', '3']) {
    const item: Item = new Map([
      ['h', { type: 'S', value: 'a' }],
      ['r', { type: 'N', value: r }],
    ])
    await fixture.run(putItem, { table: 'pages', item, returnValues: 'NONE' })
  }
  const { now } = performance
  const work = {
    ...UNSHARED,
    // Simulates turns of other operations that take longer than an operation may.
    finish<T>(stepped: Stepped<T>): T {
      performance.now = () => now.call(performance) + 2 * OPERATION_MS
      return finished(stepped)
    },
  }
  const outcome = async <Command, Result>(
    operation: Operation<Command, Result>,
    command: Command,
  ): Promise<unknown> => {
    const { projectId, requestDriver: storage } = fixture
    const deadline = performance.now() + OPERATION_MS
    const context = { storage, projectId, work, deadline }
    const failed = operation.run(fixture.engine, command, context).catch((error) => error)
    return failed.finally(() => {
      performance.now = now
    })
  }
  const asked: Query = {
    ...READ,
    select: 'ALL_ATTRIBUTES',
    keyConditions: new Map([['h', { op: 'eq', value: { type: 'S', value: 'a' } }]]),
    forward: true,
  }
  const all: Scan = { ...READ, select: 'COUNT', segment: 0, totalSegments: 1 }
  assert.instance(await outcome(query, asked), StorageUnavailableError)
  assert.instance(await outcome(scan, all), StorageUnavailableError)
  await fixture.close()
})

pages.run()
