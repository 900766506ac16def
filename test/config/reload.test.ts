import * as assert from 'uvu/assert'
import { loadConfig } from '../../src/config/load.ts'
import { reloadedConfig } from '../../src/config/reload.ts'
import { test } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const folder = new TemporaryFolder()
test.after(() => folder.remove())

const load = (more: string) =>
  loadConfig([folder.write('magnetodb.conf', `[DEFAULT]\nauth_strategy = noauth\n${more}`)])

test('SIGHUP applies mutable options and names other changed ones', () => {
  const running = load('bind_port = 1\n')
  const read = load(
    'bind_port = 2\ndebug = true\nlog_operations = slow:5ms\n[lmdb]\nmap_size = 1G\n',
  )
  const { config, immutableChanges } = reloadedConfig(running, read)
  assert.equal(immutableChanges, ['[DEFAULT] bind_port', '[lmdb] map_size'])
  assert.is(config.DEFAULT.debug, true)
  assert.equal(config.DEFAULT.log_operations, { are: 'errors_and_slow', slowMs: 5 })
  assert.is(config.DEFAULT.bind_port, 1)
  assert.equal(config.lmdb, running.lmdb)
  assert.equal(config.configFolders, running.configFolders)
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.DEFAULT))
})

test('SIGHUP with the same configuration changes nothing', () => {
  const running = load('debug = true\n')
  const { config, immutableChanges } = reloadedConfig(running, load('debug = true\n'))
  assert.equal(immutableChanges, [])
  assert.equal(config, running)
})

test.run()
