import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { fencedBlocks } from '../../fenced-blocks.ts'
import { dynamodbPythonFromEnv } from '../../stack/environment.ts'
import { sourceFile } from '../../stack/project.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { paste } from './paste.ts'

/** README's examples with boto3 and the AWS CLI, on the table of its first steps. */

const run = promisify(execFile)
const ADDRESS = 'http://127.0.0.1:8480'
const readme = readFileSync(sourceFile('README.md'), 'utf8')
const [steps = ''] = fencedBlocks(readme, 'sh', 'First steps')
const [script = ''] = fencedBlocks(readme, 'python', 'With boto3')
const [commands = ''] = fencedBlocks(readme, 'sh', 'With the AWS CLI')

const test = suite('readme with boto3 and the AWS CLI')
let service: Service
let folder: string

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'magnetodb-readme-'))
  service = await Service.start({ DEFAULT: { workers: 1 } })
  await paste(steps, { url: service.url, folder, exporting: steps })
})

test.after(async () => {
  await service.stop()
  rmSync(folder, { recursive: true })
})

function here(text: string): string {
  assert.ok(text.includes(ADDRESS))
  return text.replaceAll(ADDRESS, service.url)
}

test("boto3 puts an item into v1's table, counts, and queries both items", async () => {
  const { stdout } = await run(dynamodbPythonFromEnv(), ['-B', '-c', here(script)])
  assert.is(stdout.trim(), "['Pulsars', 'Magnetars']")
})

test('the AWS CLI lists the tables and reads the item of v1', async () => {
  // The installed script contains the path where its environment was built, so it cannot be used.
  const aws = join(folder, 'aws')
  writeFileSync(aws, `#!/bin/sh\nexec ${dynamodbPythonFromEnv()} -m awscli "$@"\n`)
  chmodSync(aws, 0o755)
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
  const { stdout } = await run('bash', ['-ec', here(commands)], { env })
  const [tables = '', item = ''] = stdout.split(/^(?=\{)/m)
  assert.equal(JSON.parse(tables), { TableNames: ['thread'] })
  assert.equal(JSON.parse(item).Item.posted, { N: '1732190400' })
})

test.run()
