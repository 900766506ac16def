import * as assert from 'uvu/assert'
import { loadConfig } from '../../src/config/load.ts'
import { configReloader } from '../../src/process/config-reloader.ts'
import { test } from '../support/suite.ts'

test('options without effect in a changed configuration are logged once', () => {
  const told: string[] = []
  const note = (_fields: object, message: string) => told.push(message)
  const log = { isDebugEnabled: false, debug: note, info: note, warn: note, error: note }
  let environment = {}
  const readConfig = () => loadConfig([], environment)
  const reload = configReloader(readConfig(), readConfig, log)
  reload()
  assert.equal(told, [])
  environment = { OS_DEFAULT__TRANSPORT_URL: 'rabbit://host' }
  reload()
  reload()
  assert.equal(told, ['options without effect: [DEFAULT] transport_url'])
})

test.run()
