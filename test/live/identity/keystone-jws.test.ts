import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { systemClock } from '../../../src/cache/clock.ts'
import { JwsCheck } from '../../../src/identity/keystone/tokens/jws-check.ts'
import { RecordedLog } from '../../identity/keystone/recorded-log.ts'
import { runPython } from '../../support/program.ts'
import { suite } from '../../support/suite.ts'

const test = suite("keystone's JWS tokens")
let folder: string

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'magnetodb-jws-'))
})

test.after(() => rmSync(folder, { recursive: true }))

test("JWS tokens signed by Keystone's code pass until they expire", async () => {
  const tokens = JSON.parse(await runPython('jws_tokens.py', [folder]))
  const check = new JwsCheck(join(folder, 'public'), systemClock, new RecordedLog())
  const isForged = (token: string, allowExpired = false) => check.isForged(token, allowExpired)
  assert.is(await isForged(tokens.valid), false)
  assert.is(await isForged(tokens.expired), true)
  assert.is(await isForged(tokens.expired, true), false)
  assert.is(await isForged(tokens.forged), true)
  assert.is(await isForged(tokens.forged, true), true)
})

test.run()
