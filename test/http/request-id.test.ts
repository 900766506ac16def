import * as assert from 'uvu/assert'
import { globalRequestId, newRequestId } from '../../src/http/request-id.ts'
import { test } from '../support/suite.ts'

test("a caller's request id is used only if it has the form of one", () => {
  const id = newRequestId()
  assert.is(globalRequestId(id), id)
  for (const bad of [undefined, '', 'x', `${id} `, `${id}\n`, id.toUpperCase(), [id, id]]) {
    assert.is(globalRequestId(bad), undefined)
  }
})

test.run()
