import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join, relative } from 'node:path'
import * as assert from 'uvu/assert'
import { ConfigError } from '../../src/config/config-error.ts'
import type { ConfigPath } from '../../src/config/config-files.ts'
import { loadConfig } from '../../src/config/load.ts'
import { test } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const folder = new TemporaryFolder()
test.after(() => folder.remove())

function refusal(...paths: ConfigPath[]): string {
  try {
    loadConfig(paths)
  } catch (error) {
    assert.instance(error, ConfigError)
    const { message } = error as ConfigError
    assert.not.match(message, '\n')
    return message
  }
  throw new Error('accepted')
}

test('without a configuration file the service is noauth on loopback with LMDB', () => {
  const { DEFAULT, lmdb } = loadConfig()
  assert.is(DEFAULT.auth_strategy, 'noauth')
  assert.is(DEFAULT.bind_host, '127.0.0.1')
  assert.is(DEFAULT.bind_port, 8480)
  assert.is(DEFAULT.storage_driver, 'lmdb')
  assert.is(DEFAULT.workers, availableParallelism())
  assert.is(DEFAULT.debug, false)
  assert.is(lmdb.path, 'data/lmdb')
})

test('a configuration file without auth_strategy means keystone', () => {
  const file = folder.write('bare.conf', '[DEFAULT]\nbind_port = 0\n')
  assert.is(
    refusal(file),
    '[keystone_authtoken] auth_url must be set with [DEFAULT] auth_strategy = keystone',
  )
})

test("a deployment's files are read, and later files win", () => {
  const base = folder.write(
    'base.conf',
    `[DEFAULT]
bind_host = 0.0.0.0
workers = 3
storage_driver = cassandra
public_endpoint = https://kv.example.org/

[cassandra]
contact_points = 10.0.0.1, 10.0.0.2
replication_class = NetworkTopologyStrategy
replication_factor = dc1:3,dc2:2
request_timeout = 2.5

[keystone_authtoken]
auth_type = password
auth_url = http://keystone.example.org:5000/v3/
auth_uri = https://identity.example.org/v3
username = magnetodb
user_domain_name = Default
project_name = service
project_domain_name = Default
`,
  )
  const secrets = folder.write('secrets.conf', '[keystone_authtoken]\npassword = pa$$word\n')
  const config = loadConfig([base, secrets])
  assert.is(config.DEFAULT.workers, 3)
  assert.is(config.DEFAULT.public_endpoint, 'https://kv.example.org')
  assert.equal(config.cassandra.contact_points, ['10.0.0.1', '10.0.0.2'])
  assert.equal(config.cassandra.replication_factor, { dc1: 3, dc2: 2 })
  assert.is(config.cassandra.request_timeout, 2.5)
  assert.is(config.keystone_authtoken.auth_url, 'http://keystone.example.org:5000/v3')
  assert.is(config.keystone_authtoken.www_authenticate_uri, 'https://identity.example.org/v3')
  assert.is(config.keystone_authtoken.password, 'pa$word')
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.DEFAULT))
})

test('a world-readable file with a secret causes a warning', () => {
  const path = folder.write(
    'open.conf',
    `[DEFAULT]
auth_strategy = noauth
storage_driver = cassandra
[cassandra]
username = a
password = b
tls_enabled = true
tls_cert_file = ${folder.write('cassandra.crt', '')}
tls_key_file = ${folder.write('cassandra.key', '')}
`,
  )
  const warningsWith = (fileMode: number, folderMode: number) => {
    chmodSync(path, fileMode)
    chmodSync(folder.path, folderMode)
    return loadConfig([path]).warnings
  }
  const all = [
    `every user of this machine can read ${path}: [cassandra] password`,
    `every user of this machine can read ${join(folder.path, 'cassandra.key')}: ` +
      '[cassandra] tls_key_file',
  ]
  chmodSync(join(folder.path, 'cassandra.key'), 0o644)
  // The folders above may be closed to other users.
  for (let each = dirname(folder.path); each !== dirname(each); each = dirname(each)) {
    const { mode } = statSync(each)
    if ((mode & 0o001) === 0) chmodSync(each, mode | 0o011)
  }
  assert.equal(warningsWith(0o644, 0o711), all)
  assert.equal(warningsWith(0o640, 0o711), all.slice(1))
  assert.equal(warningsWith(0o644, 0o700), [])
  chmodSync(folder.path, 0o755)
  const bare = folder.write('bare-open.conf', '[DEFAULT]\nauth_strategy = noauth\n')
  chmodSync(bare, 0o644)
  assert.equal(loadConfig([bare]).warnings, [])
})

test('the folders of configuration files are known, the last one first', () => {
  const bare = '[DEFAULT]\nauth_strategy = noauth\n'
  const first = folder.write('first.conf', bare)
  mkdirSync(join(folder.path, 'more'))
  const last = folder.write(join('more', 'last.conf'), bare)
  const { configFolders } = loadConfig([relative('.', first), last])
  assert.equal(configFolders, [join(folder.path, 'more'), folder.path])
  assert.equal(loadConfig().configFolders, [])
})

test("*.conf files of a folder are read by name, at the folder's position", () => {
  const conf = join(folder.path, 'magnetodb.conf.d')
  mkdirSync(conf)
  const inFolder = (name: string, text: string) =>
    folder.write(join('magnetodb.conf.d', name), `[DEFAULT]\n${text}`)
  const second = inFolder('20-b.conf', 'workers = 20\nbind_port = 20\n')
  const first = inFolder('10-a.conf', 'workers = 10\nbind_port = 10\ndebug = on\n')
  inFolder('.hidden.conf', 'workers = 99\n')
  inFolder('note.txt', 'no configuration')
  const file = folder.write('some.conf', '[DEFAULT]\nauth_strategy = noauth\nworkers = 3\n')
  const { DEFAULT, configFiles } = loadConfig([file, { folder: conf }])
  assert.equal([DEFAULT.workers, DEFAULT.bind_port, DEFAULT.debug], [20, 20, true])
  assert.equal(configFiles, [file, first, second])
  const other = loadConfig([{ folder: conf }, file])
  assert.equal([other.DEFAULT.workers, other.DEFAULT.bind_port], [3, 20])
  assert.equal(other.configFolders, [conf, folder.path])
})

test('an empty configuration folder is accepted, a missing one refused', () => {
  const empty = join(folder.path, 'empty.d')
  mkdirSync(empty)
  assert.match(refusal({ folder: empty }), 'auth_url must be set')
  assert.is(
    refusal({ folder: `${empty}/none` }),
    `cannot read the configuration folder "${empty}/none": there is no such folder`,
  )
  assert.match(refusal({ folder: folder.write('plain.conf', '') }), 'it is not a folder')
})

test('environment variables win over files, and are no configuration file', () => {
  const file = folder.write('some.conf', '[DEFAULT]\nauth_strategy = noauth\nworkers = 3\n')
  assert.is(loadConfig([file], { OS_DEFAULT__WORKERS: '2' }).DEFAULT.workers, 2)
  const { DEFAULT } = loadConfig([], { OS_DEFAULT__WORKERS: '2' })
  assert.equal([DEFAULT.workers, DEFAULT.auth_strategy], [2, 'noauth'])
})

test('the memory driver runs one worker by default', () => {
  const file = folder.write(
    'memory.conf',
    '[DEFAULT]\nauth_strategy = noauth\nstorage_driver = memory\n',
  )
  assert.is(loadConfig([file]).DEFAULT.workers, 1)
})

test('a file that cannot be read is named in one line with the reason', () => {
  const missing = join(folder.path, 'missing.conf')
  assert.is(
    refusal(missing),
    `cannot read the configuration file "${missing}": there is no such file`,
  )
  assert.match(refusal(folder.path), /it is a folder$/)
  const binary = folder.write('binary.conf', Uint8Array.of(0x5b, 0xff, 0x5d))
  assert.match(refusal(binary), /it is not UTF-8 text$/)
})

test('an unknown option of keystonemiddleware is refused', () => {
  const file = folder.write('ks.conf', '[keystone_authtoken]\nauth_section = a\n')
  assert.is(
    refusal(file),
    `${file}:2: unknown option "auth_section" in section [keystone_authtoken]`,
  )
})

test('a byte order mark and Windows line ends are accepted', () => {
  const file = folder.write(
    'bom.conf',
    '\ufeff[DEFAULT]\r\nauth_strategy = noauth\r\ndebug = on\r\n',
  )
  assert.is(loadConfig([file]).DEFAULT.debug, true)
})

test.run()
