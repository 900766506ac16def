import * as assert from 'uvu/assert'
import { applyUpdates } from '../../src/expression/apply-update.ts'
import { pathOf } from '../../src/expression/path.ts'
import type { UpdateAction } from '../../src/expression/update.ts'
import type { AttributeValue, Item } from '../../src/model/attribute-value.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { sortedUnique } from '../../src/model/scalar-order.ts'
import { finished } from '../../src/model/steps.ts'
import { suite } from '../support/suite.ts'

const large = suite('updates with large operands')

const ACTIONS = 290
const CPU_MS_MAX = 1_500
const texts = sortedUnique(
  'S',
  Array.from({ length: 200_000 }, (_, i) => `y${i}`),
)
const set: AttributeValue = { type: 'SS', value: texts }
const item: Item = new Map(
  Array.from({ length: ACTIONS }, (_, i) => [`s${i}`, { type: 'SS', value: ['x', 'y7'] }] as const),
)

function apply(action: (attribute: string) => UpdateAction): Item | null | string {
  const before = process.cpuUsage()
  try {
    return finished(applyUpdates(item, item, Array.from(item.keys(), action)))
  } catch (error) {
    if (error instanceof MagnetoDBError) return error.reason.is
    throw error
  } finally {
    const { user } = process.cpuUsage(before)
    assert.ok(user / 1000 < CPU_MS_MAX, `${user / 1000} ms`)
  }
}

large('many actions with a large value are refused before they are computed', () => {
  const value = { is: 'value', value: set } as const
  const added = apply((name) => ({ action: 'add', path: pathOf(name), value: set }))
  assert.is(added, 'item_too_large')
  const put = apply((name) => ({ action: 'set', path: pathOf(name), value }))
  assert.is(put, 'item_too_large')
})

large('many actions that subtract a large set take little CPU time', () => {
  const after = apply((name) => ({ action: 'subtract', path: pathOf(name), value: set }))
  assert.instance(after, Map)
  for (const value of (after as Item).values()) assert.equal(value, { type: 'SS', value: ['x'] })
})

large.run()
