import * as assert from 'uvu/assert'
import { decodePathTable } from '../../../../src/dialect/magnetodb/decode/path-table.ts'
import { test } from '../../../support/suite.ts'
import { refuses, v1Request } from '../requests.ts'

test('a malformed table name in the path is refused as one', () => {
  assert.equal(decodePathTable(v1Request('', 'constructor')), { table: 'constructor' })
  for (const name of ['ab', 'a b c', 'x'.repeat(256)]) {
    refuses(() => decodePathTable(v1Request('', name)), `Wrong table name '${name}' found`)
  }
})

test.run()
