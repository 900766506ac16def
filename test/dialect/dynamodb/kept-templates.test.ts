import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as assert from 'uvu/assert'
import { Templates } from '../../../src/dialect/dynamodb/expression/templates.ts'
import { suite } from '../../support/suite.ts'

const kept = suite('memory that kept templates take')

kept('a kept template keeps nothing of the request that it came with', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const held = (): number => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const templates = new Templates()
  const read = (i: number): void => {
    // As the parser of large bodies takes texts out of them.
    const body = Buffer.alloc(4 * 1024 * 1024, `a_long_attribute_name_${i}, `).toString('latin1')
    const length = `a_long_attribute_name_${i}`.length
    templates.projection(body.slice(0, length))
    templates.projection(body.slice(0, length))
  }
  collect()
  const before = held()
  for (let i = 0; i < 20; i++) read(i)
  collect()
  const bytes = held() - before
  assert.ok(bytes < 40 * 1024 * 1024, `${bytes} bytes`)
})

kept.run()
