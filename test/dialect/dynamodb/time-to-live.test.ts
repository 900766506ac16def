import * as assert from 'uvu/assert'
import { type InProcessService, startService } from '../../support/in-process-service.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/until.ts'
import { call, refusalOf } from './dynamodb-client.ts'
import { musicTable } from './sample-requests.ts'

const test = suite('time to live of the DynamoDB wire')

const WRONG = 'ValidationException: 1 validation error detected: '
const AT = "at 'timeToLiveSpecification."

let service: InProcessService
const asked = (operation: string, body: object) => call(service.port, operation, body)
const refused = (operation: string, body: object) => refusalOf(service.port, operation, body)

test.before(async () => {
  service = await startService()
  await asked('CreateTable', musicTable({ ProjectionType: 'ALL' }))
})
test.after(() => service.close())

const set = (AttributeName: string, Enabled: boolean) => ({
  ...{ TableName: 'music', TimeToLiveSpecification: { AttributeName, Enabled } },
})
const specified = (TimeToLiveSpecification: unknown) =>
  refused('UpdateTimeToLive', { TableName: 'music', TimeToLiveSpecification })

async function described() {
  const { TimeToLiveDescription } = await asked('DescribeTimeToLive', { TableName: 'music' })
  return TimeToLiveDescription
}

test('time to live is ENABLING, then ENABLED, and DISABLED again', async () => {
  assert.equal(await described(), { TimeToLiveStatus: 'DISABLED' })
  const enabled = { AttributeName: 'until', Enabled: true }
  assert.equal(await asked('UpdateTimeToLive', set('until', true)), {
    TimeToLiveSpecification: enabled,
  })
  const { TimeToLiveStatus } = await described()
  assert.ok(['ENABLING', 'ENABLED'].includes(TimeToLiveStatus), TimeToLiveStatus)
  const isEnabled = async () => (await described()).TimeToLiveStatus === 'ENABLED'
  await until('the items are found', isEnabled)
  assert.equal(await described(), { TimeToLiveStatus: 'ENABLED', AttributeName: 'until' })
  assert.equal(await asked('UpdateTimeToLive', set('until', false)), {
    TimeToLiveSpecification: { ...enabled, Enabled: false },
  })
  assert.equal(await described(), { TimeToLiveStatus: 'DISABLED' })
})

test('a change to the present state, or to another attribute, answers 400', async () => {
  const disabled = 'ValidationException: TimeToLive is already disabled'
  assert.is(await refused('UpdateTimeToLive', set('until', false)), disabled)
  await asked('UpdateTimeToLive', set('until', true))
  const enabled = 'ValidationException: TimeToLive is already enabled'
  assert.is(await refused('UpdateTimeToLive', set('until', true)), enabled)
  for (const isEnabled of [true, false]) {
    assert.is(
      await refused('UpdateTimeToLive', set('other', isEnabled)),
      'ValidationException: TimeToLive is active on a different AttributeName: ' +
        'current AttributeName is until',
    )
  }
  await asked('UpdateTimeToLive', set('until', false))
  assert.is(await refused('UpdateTimeToLive', set('until', false)), disabled)
  await asked('UpdateTimeToLive', set('other', true))
  await asked('UpdateTimeToLive', set('other', false))
})

test('UpdateTimeToLive on a missing table answers 400 with its name', async () => {
  for (const operation of ['UpdateTimeToLive', 'DescribeTimeToLive']) {
    assert.is(
      await refused(operation, { ...set('until', true), TableName: 'absent' }),
      'ResourceNotFoundException: Requested resource not found: Table: absent not found',
    )
    assert.is(
      await refused(operation, {}),
      "ValidationException: The parameter 'TableName' is required but was not present in the " +
        'request',
    )
  }
})

test('an incomplete or mistyped specification answers 400', async () => {
  assert.is(
    await specified(undefined),
    "ValidationException: The parameter 'TimeToLiveSpecification' is required but was not " +
      'present in the request',
  )
  const missing = (name: string) =>
    `Value null ${AT}${name}' failed to satisfy constraint: Member must not be null`
  assert.is(
    await specified({}),
    `ValidationException: 2 validation errors detected: ${missing('enabled')}; ` +
      missing('attributeName'),
  )
  assert.is(await specified({ Enabled: true }), WRONG + missing('attributeName'))
  assert.is(await specified({ AttributeName: 'x' }), WRONG + missing('enabled'))
  const long = 'x'.repeat(256)
  const length = "attributeName' failed to satisfy constraint: Member must have length "
  assert.is(
    await specified({ AttributeName: '', Enabled: true }),
    `${WRONG}Value '' ${AT}${length}greater than or equal to 1`,
  )
  assert.is(
    await specified({ AttributeName: long, Enabled: true }),
    `${WRONG}Value '${long}' ${AT}${length}less than or equal to 255`,
  )
  assert.is(
    await specified({ AttributeName: 'x', Enabled: 'yes' }),
    'SerializationException: Unexpected token received from parser',
  )
  assert.is(
    await specified({ AttributeName: 3, Enabled: true }),
    'SerializationException: NUMBER_VALUE cannot be converted to String',
  )
})

test('UpdateTable keeps the time to live, and DescribeTable does not show it', async () => {
  await asked('UpdateTimeToLive', set('until', true))
  await asked('UpdateTable', { TableName: 'music', DeletionProtectionEnabled: true })
  assert.is((await described()).AttributeName, 'until')
  const { Table } = await asked('DescribeTable', { TableName: 'music' })
  assert.not.ok(JSON.stringify(Table).includes('until'))
})

test.run()
