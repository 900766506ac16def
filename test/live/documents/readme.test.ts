import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { gettingStarted } from '../../../src/process/getting-started.ts'
import { fencedBlocks } from '../../fenced-blocks.ts'
import { sourceFile } from '../../stack/project.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { answersIn, paste } from './paste.ts'

/** Runs README's first steps as a reader would paste them. */

const run = promisify(execFile)
const readme = readFileSync(sourceFile('README.md'), 'utf8')
const [steps = ''] = fencedBlocks(readme, 'sh', 'First steps')

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

test("the README's first steps create a table and put, get and query an item", async () => {
  const printed = await paste(steps, { url: service.url, folder, exporting: steps })
  const [created, ...answers] = answersIn(printed)
  const { table_name, local_secondary_indexes } = (
    created as { table_description: Record<string, unknown> }
  ).table_description
  assert.is(table_name, 'thread')
  assert.is((local_secondary_indexes as readonly unknown[]).length, 1)
  const item = { forum: { S: 'stars' }, subject: { S: 'Magnetars' }, posted: { N: '1732190400' } }
  assert.equal(answers, [{}, { item }, { count: 1, items: [item] }])
})

test('the commands that a start prints work on a fresh service', async () => {
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
