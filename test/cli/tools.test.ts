import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { nodeCheck } from '../../src/cli/upgrade-checks.ts'
import { definitionRow } from '../../src/engine/catalogue/definition-codec.ts'
import { CATALOGUE_TABLE_ID } from '../../src/engine/format/system-tables.ts'
import { newVersion } from '../../src/engine/format/version.ts'
import { deleteTableJob } from '../../src/engine/jobs/delete-table-job.ts'
import { addJob } from '../../src/engine/leases/add-job.ts'
import { addStanding } from '../../src/engine/leases/heads.ts'
import { newJob } from '../../src/engine/leases/job.ts'
import type { TableDefinition } from '../../src/model/table.ts'
import type { PutRow } from '../../src/storage/driver.ts'
import { openDriver } from '../../src/storage/registry.ts'
import { sourceFile } from '../stack/project.ts'
import { runTool } from '../support/program.ts'
import { writeConfig } from '../support/service.ts'
import { suite } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const test = suite('tools')
let folder: TemporaryFolder
let data: string
let config: string

test.before.each(() => {
  folder = new TemporaryFolder()
  data = join(folder.path, 'data')
  const own = `auth_strategy = noauth\n[lmdb]\npath = ${data}\nmap_size = 16M\n`
  config = writeConfig(folder.path, `[DEFAULT]\n${own}`)
})

test.after.each(() => folder.remove())

const THREAD: TableDefinition = {
  id: '9a1f7e3c-5d42-4b8e-9c6a-0f1e2d3c4b5a',
  name: 'thread',
  status: 'ACTIVE',
  attributeTypes: new Map([['forum', 'S']]),
  key: { hash: 'forum' },
  indexes: [],
  settings: {},
  createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
}

async function store(rows: readonly (readonly [projectId: string, row: PutRow])[]): Promise<void> {
  const options = { path: data, mapSizeBytes: 16 * 1024 * 1024 }
  const driver = await openDriver({ name: 'lmdb', options })
  for (const [projectId, row] of rows) {
    const require = [{ sort: row.sort, version: null }]
    const commit = { id: newVersion(), require, put: [row], delete: [] }
    const deadline = performance.now() + 30_000
    const partition = Buffer.from(projectId)
    const result = await driver.commit(CATALOGUE_TABLE_ID, partition, commit, deadline)
    assert.is(result.outcome, 'applied')
  }
  await driver.close()
}

/** A row as a later version may write it. */
function futureRow(): PutRow {
  const value = Buffer.from('{"format":9}')
  return { sort: Buffer.from('future'), value, size: value.length, expiresAt: 0 }
}

test('`tables list` prints the tables of all projects, or of one', async () => {
  const many = Array.from({ length: 1_200 }, (_, i) => `t${String(i).padStart(4, '0')}`)
  await store([
    ['one', definitionRow(THREAD)],
    ['two', futureRow()],
    ...many.map((name) => ['many', definitionRow({ ...THREAD, name })] as const),
  ])
  const all = await runTool('manage', ['--config-file', config, 'tables', 'list'])
  assert.is(all.stderr, '')
  assert.is(all.code, 0)
  const lines = all.stdout.trimEnd().split('\n')
  assert.is(lines.length, 1_202)
  const thread = `thread\tACTIVE\t2026-01-02T03:04:05.000Z\t${THREAD.id}`
  assert.ok(lines.includes(`one\t${thread}`))
  assert.ok(lines.includes('two\tfuture\tUNREADABLE\t-\t-'))
  const one = await runTool('manage', [
    ...['tables', 'list', '--project', 'one', '--config-file', config],
  ])
  assert.is(one.stdout, `one\t${thread}\n`)
  const project = ['tables', 'list', '--project', 'many', '--config-file', config]
  const names = (await runTool('manage', project)).stdout.match(/t\d{4}/g)
  assert.equal(names, many)
})

test('`tables list` without storage exits 1 and creates none', async () => {
  const { code, stderr } = await runTool('manage', ['--config-file', config, 'tables', 'list'])
  assert.is(code, 1)
  assert.is(stderr, `magnetodb-manage: there are no tables yet in the folder ${data}\n`)
  assert.not.ok(existsSync(data))
})

test('`jobs` prints running, failing and late jobs, as text and as JSON', async () => {
  const options = { path: data, mapSizeBytes: 16 * 1024 * 1024 }
  const driver = await openDriver({ name: 'lmdb', options })
  const soon = performance.now() + 30_000
  const deletion = deleteTableJob('one', THREAD)
  const since = Date.UTC(2026, 0, 2, 3, 4, 5)
  const error = 'no room:\n\tthe disk is full'
  await addJob(driver, { ...deletion, failures: 3, since, error }, soon)
  await addJob(driver, { ...newJob('later', 'of a later version', {}), restMs: 5_000 }, soon)
  const now = Math.floor(Date.now() / 60_000)
  for (const [id, minute] of [
    ['expire_items', now - 2],
    ['expire_items-late', now - 600],
  ] as const) {
    await addStanding(driver, { ...newJob(id, 'expire_items', { minute }), owner: 'me' }, soon)
  }
  await driver.close()
  const text = await runTool('manage', ['--config-file', config, 'jobs'])
  assert.is(text.stderr, '')
  const lines = text.stdout.trimEnd().split('\n')
  const until = (minute: number) => new Date(minute * 60_000).toISOString()
  const expired = (minute: number) => `expired items are deleted up to ${until(minute)}`
  assert.equal(lines.toSorted(), [
    `behind\texpire_items-late\t${expired(now - 600)}\t0\t-\t-`,
    [
      ...['failing', `table-${THREAD.id}`, 'one/thread, marking', '3'],
      ...['2026-01-02T03:04:05.000Z', 'no room: the disk is full'],
    ].join('\t'),
    'resting\tlater\t\t0\t-\t-',
    `working\texpire_items\t${expired(now - 2)}\t0\t-\t-`,
  ])
  const json = await runTool('manage', ['jobs', '--json', '--config-file', config])
  const { jobs } = JSON.parse(json.stdout) as { jobs: readonly { job: string }[] }
  assert.is(jobs.length, 4)
  assert.equal(
    jobs.find(({ job }) => job.startsWith('table-')),
    {
      ...{ job: `table-${THREAD.id}`, kind: 'delete_table', status: 'failing' },
      ...{ about: 'one/thread, marking', failures: 3 },
      ...{ since: '2026-01-02T03:04:05.000Z', error },
    },
  )
})

test('`jobs` without storage exits 1 and creates none', async () => {
  const { code, stderr } = await runTool('manage', ['--config-file', config, 'jobs'])
  assert.is(code, 1)
  assert.is(stderr, `magnetodb-manage: there are no jobs yet in the folder ${data}\n`)
  assert.not.ok(existsSync(data))
})

test('`config check` reports the errors of a start', async () => {
  const good = await runTool('manage', ['config', 'check', '--config-file', config])
  assert.is(good.stdout, `in order: ${config}\n`)
  assert.is(good.code, 0)
  writeFileSync(join(folder.path, 'policy.yaml'), '"mdb:put_itme": "!"\n')
  const policy = await runTool('manage', ['config', 'check', '--config-file', config])
  assert.match(policy.stdout, /^invalid policy rule: .*mdb:put_itme: there is no such operation\n$/)
  assert.is(policy.code, 1)
  writeConfig(folder.path, '[DEFAULT]\nauth_stratgy = noauth\n')
  const bad = await runTool('manage', ['config', 'check', '--config-file', config])
  assert.match(
    bad.stderr,
    /^magnetodb-manage: .*auth_stratgy.*did you mean "auth_strategy"[^\n]*\n$/,
  )
  assert.is(bad.code, 1)
  assert.not.ok(existsSync(data))
})

test('`config sample` and `policy sample` print the files of etc/', async () => {
  for (const [name, file] of [
    ['config', 'etc/magnetodb.conf.sample'],
    ['policy', 'etc/policy.yaml.sample'],
  ] as const) {
    const { code, stdout } = await runTool('manage', [name, 'sample'])
    assert.is(code, 0)
    assert.is(stdout, readFileSync(sourceFile(file), 'utf8'))
  }
})

test('with wrong arguments a program prints one line and exits 1', async () => {
  for (const name of ['manage', 'status'] as const) {
    for (const args of [[], ['tabels', 'list'], ['upgrade', 'check', '--bad'], ['constructor']]) {
      const { code, stdout, stderr } = await runTool(name, args)
      assert.is(code, 1)
      assert.is(stdout, '')
      assert.match(stderr, new RegExp(`^magnetodb-${name}: [^\\n]+ \\(see --help\\)\\n$`))
    }
    const help = await runTool(name, ['--help'])
    assert.is(help.code, 0)
    assert.match(help.stdout, new RegExp(`^usage: magnetodb-${name} `))
  }
})

test('`upgrade check` without storage exits 1 and creates none', async () => {
  const args = ['--config-file', config, 'upgrade', 'check', '--json']
  const { code, stdout } = await runTool('status', args)
  assert.is(code, 1)
  const { checks } = JSON.parse(stdout)
  assert.match(checks.at(-1).details, `nothing yet in the folder ${data}.`)
  assert.equal(
    checks.map(({ check, result }: { check: string; result: number }) => [check, result]),
    [
      ['Node.js', 0],
      ['Configuration', 0],
      ['Policy Files', 0],
      ['Storage', 1],
    ],
  )
  assert.not.ok(existsSync(data))
})

test('`upgrade check` on an unsupported Node.js exits 2', () => {
  const { engines } = JSON.parse(readFileSync(sourceFile('package.json'), 'utf8'))
  const details = `Node.js 18.20.8 is not supported, only ${engines.node}`
  assert.equal(nodeCheck('18.20.8'), { check: 'Node.js', code: 2, details })
  assert.is(nodeCheck(process.versions.node).code, 0)
})

test('`upgrade check` exits 0 for a format that it can read, 2 for others', async () => {
  const args = ['--config-file', config, 'upgrade', 'check']
  await store([['one', definitionRow(THREAD)]])
  assert.is((await runTool('status', args)).code, 0)
  await store([['two', futureRow()]])
  const { code, stdout } = await runTool('status', args)
  assert.is(code, 2)
  assert.match(stdout, /Check: Table Definitions +\|\n\| Result: Failure/)
  assert.match(stdout, /cannot read 1, such as future of project two/)
})

test('`upgrade check` exits 2 for a database of an earlier version', async () => {
  mkdirSync(data)
  copyFileSync(sourceFile('test/engine/format/format-1/data.mdb'), join(data, 'data.mdb'))
  const args = ['--config-file', config, 'upgrade', 'check', '--json']
  const { code, stdout } = await runTool('status', args)
  assert.is(code, 2)
  const checks: readonly { check: string; result: number; details: string }[] =
    JSON.parse(stdout).checks
  const format = checks.find(({ check }) => check === 'Data Format')
  assert.match(format?.details ?? '', 'an earlier version (format 1); it cannot be upgraded')
  // The form of definitions is unchanged since that version.
  assert.is(checks.find(({ check }) => check === 'Table Definitions')?.result, 0)
})

test('`upgrade check` exits 2 for unusable storage or policy files', async () => {
  const args = ['--config-file', config, 'upgrade', 'check']
  await store([])
  writeFileSync(join(folder.path, 'policy.yaml'), '"mdb:put_item": [\n')
  const policy = await runTool('status', args)
  assert.is(policy.code, 2)
  assert.match(policy.stdout, /Check: Policy Files +\|\n\| Result: Failure/)
  writeFileSync(join(folder.path, 'policy.yaml'), '')
  writeFileSync(join(data, 'data.mdb'), 'no database, but long enough to be looked at')
  const storage = await runTool('status', args)
  assert.is(storage.code, 2)
  assert.match(storage.stdout, /Check: Storage +\|\n\| Result: Failure/)
})

test.run()
