import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as assert from 'uvu/assert'
import { Templates } from '../../../src/dialect/dynamodb/expression/templates.ts'
import { suite } from '../../support/suite.ts'

const kept = suite('memory of cached templates')

/** Bodies that are read. Some of the last may not be garbage-collected yet. */
const BODIES = 40
const BODY_BYTES = 4 * 1024 * 1024

kept('a cached template keeps no memory of the request that it came from', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const held = (): number => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  const templates = new Templates()
  const read = (i: number): void => {
    // A slice, as the parser of large bodies makes it.
    const body = Buffer.alloc(BODY_BYTES, `a_long_attribute_name_${i}, `).toString('latin1')
    const length = `a_long_attribute_name_${i}`.length
    templates.projection(body.slice(0, length))
    templates.projection(body.slice(0, length))
  }
  collect()
  const before = held()
  for (let i = 0; i < BODIES; i++) read(i)
  collect()
  const bytes = held() - before
  assert.ok(bytes < (BODIES / 2) * BODY_BYTES, `${bytes} bytes`)
})

kept.run()
