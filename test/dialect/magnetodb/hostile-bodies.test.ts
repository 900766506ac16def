import * as assert from 'uvu/assert'
import { V1_BULK_LOAD, V1_ROUTES } from '../../../src/dialect/magnetodb/routes.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import type { OperationName } from '../../../src/operations/declarations.ts'
import { seeded } from '../../seeded.ts'
import { spoilt, tweaked } from '../../support/hostile/json.ts'
import { nearRequest } from '../../support/hostile/near-requests.ts'
import { SAMPLE_REQUESTS, type SampleRequest } from '../../support/hostile/sample-requests.ts'
import { test } from '../../support/suite.ts'
import { v1Request } from './requests.ts'

/** Routes whose bodies are received completely before they are decoded. */
const POSTED = V1_ROUTES.filter(({ method }) => method === 'POST')

/** Decodes the body with its operation's route. Returns whether it was accepted. */
function isAccepted({ operation, path }: SampleRequest, body: unknown): boolean {
  const route = POSTED.find((each) => each.operation.name === operation)
  if (!route) throw new Error(`no such route: ${operation}`)
  const request = v1Request(body, path.split('/')[2])
  try {
    route.decode(request)
    return true
  } catch (error) {
    const isForeseen =
      error instanceof MagnetoDBError && ['validation', 'table_not_found'].includes(error.code)
    assert.ok(isForeseen, `${operation} ${request.body}: ${error}`)
    return false
  }
}

test('every operation has a valid sample request', () => {
  const sampled = SAMPLE_REQUESTS.map(({ operation }) => operation)
  const routed = [...V1_ROUTES, V1_BULK_LOAD].map(({ operation }) => operation.name)
  assert.equal(sampled.toSorted(), routed.toSorted())
  const decoded = SAMPLE_REQUESTS.filter(({ method }) => method === 'POST')
  for (const sample of decoded.filter(({ operation }) => operation !== 'bulk_load')) {
    assert.ok(isAccepted(sample, sample.body), sample.operation)
  }
})

test('any body is decoded, or refused with a message', () => {
  const random = seeded('hostile bodies')
  for (const { operation } of POSTED) {
    const sample = SAMPLE_REQUESTS.find((each) => each.operation === operation.name)
    if (!sample) throw new Error(operation.name)
    for (let i = 0; i < 500; i++) isAccepted(sample, spoilt(sample.body, random))
  }
})

test('most nearly valid bodies are decoded', () => {
  const random = seeded('nearly valid bodies')
  const asked = new Map<OperationName, { all: number; accepted: number }>()
  for (let i = 0; i < 4_000; i++) {
    const request = nearRequest(random)
    const { operation, method, body } = request
    if (method !== 'POST' || operation === 'bulk_load') continue
    const counts = asked.get(operation) ?? { all: 0, accepted: 0 }
    asked.set(operation, counts)
    counts.all++
    if (isAccepted(request, body)) counts.accepted++
    isAccepted(request, tweaked(body, random))
  }
  assert.is(asked.size, POSTED.length)
  for (const [operation, { all, accepted }] of asked) {
    assert.ok(accepted > all / 2, `${operation}: ${accepted} of ${all}`)
  }
})

test('hostile bodies leave nothing on any prototype', () => {
  assert.equal(Object.keys(Object.prototype), [])
  assert.is(Reflect.get({}, 'S'), undefined)
})

test.run()
