import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { gettingStarted } from '../../../src/process/getting-started.ts'
import { fencedBlocks } from '../../fenced-blocks.ts'
import { pythonFromEnv } from '../../stack/environment.ts'
import { sourceFile } from '../../stack/project.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'

/** README's "Your first table", block by block, as a reader pastes it. */

const run = promisify(execFile)
const ADDRESS = 'http://127.0.0.1:8480'
const readme = readFileSync(sourceFile('README.md'), 'utf8')
const [table = '', items = '', load = ''] = fencedBlocks(readme, 'sh', 'Your first table')
const [python = ''] = fencedBlocks(readme, 'python', 'Your first table')

const test = suite('readme')
let service: Service
let folder: string

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'magnetodb-readme-'))
  service = await Service.start({ DEFAULT: { workers: 2 } })
})

test.after(async () => {
  await service.stop()
  rmSync(folder, { recursive: true })
})

/** In a new shell that has seen the first block's `export`; the answers, one a line. */
async function paste(block: string): Promise<readonly unknown[]> {
  assert.match(table, `export MAGNETODB=${ADDRESS}/`)
  const [exported = ''] = /^export .*$/m.exec(table) ?? []
  const script = ['set -e', 'curl() { command curl --fail "$@"; }', exported, block].join('\n')
  const { stdout } = await run('sh', ['-c', script.replaceAll(ADDRESS, service.url)], {
    cwd: folder,
  })
  const lines = stdout.split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line))
}

const MAGNETARS = {
  forum: { S: 'stars' },
  subject: { S: 'Magnetars' },
  posted: { N: '1732190400' },
  tags: { SS: ['neutron', 'x-ray'] },
}

test('makes a table with an index', async () => {
  const [created] = (await paste(table)) as [{ table_description: Record<string, unknown> }]
  const { table_name, local_secondary_indexes } = created.table_description
  assert.is(table_name, 'thread')
  assert.is((local_secondary_indexes as readonly unknown[]).length, 1)
})

test('puts, gets, counts, queries and scans an item', async () => {
  const viewed = { ...MAGNETARS, views: { N: '1' } }
  assert.equal(await paste(items), [
    {},
    { item: { ...MAGNETARS, views: { N: '0' } } },
    { attributes: { views: { N: '1' } } },
    { count: 1, items: [viewed] },
    { count: 1, scanned_count: 1, items: [viewed] },
  ])
})

test('does the same from Python', async () => {
  const script = python.replaceAll(ADDRESS, service.url)
  const { stdout } = await run(pythonFromEnv(), ['-B', '-c', script])
  assert.equal(JSON.parse(stdout.replaceAll("'", '"')), {
    forum: { S: 'stars' },
    subject: { S: 'Pulsars' },
    posted: { N: '1732190401' },
  })
})

test('makes a file and loads it, and tells of its progress', async () => {
  const answers = await paste(load)
  assert.equal(answers.at(-1), {
    read: 3,
    processed: 3,
    unprocessed: 0,
    failed: 0,
    last_item:
      '{"forum": {"S": "stars"}, "subject": {"S": "Supernovae"}, "posted": {"N": "1732190402"}}\n',
    failed_items: {},
  })
})

test('what the start prints works as it is pasted, on a service of its own', async () => {
  const fresh = await Service.start({ DEFAULT: { workers: 1 } })
  try {
    const script = gettingStarted(fresh.url).replace('Try it:', 'set -e')
    const { stdout } = await run('sh', ['-c', script.replaceAll('curl ', 'curl --fail ')])
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.is(answers.length, 4)
    assert.is(answers[3].count, 1)
  } finally {
    await fresh.stop()
  }
})

test.run()
