import * as assert from 'uvu/assert'
import { suite } from '../../support/suite.ts'
import { killAndRespawn } from './kill-respawn.ts'

const FILE_BYTES_MAX = 8 * 1024 * 1024

const test = suite('LMDB writers killed and started again')

test('killed writers lose no acknowledged count, and the file stays small', async () => {
  const report = await killAndRespawn({ runs: 4 })
  assert.equal(report.violations, [])
  assert.ok(report.acknowledged > 4 * 100)
  assert.ok(report.fileBytes < FILE_BYTES_MAX, `${report.fileBytes} bytes`)
})

test('control: a writer that acknowledges too early is detected', async () => {
  const report = await killAndRespawn({ runs: 3, acknowledgeEarly: true })
  assert.ok(report.violations.length > 0)
})

test.run()
