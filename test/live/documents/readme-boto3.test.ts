import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
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

/** README's boto3, on the table that its first steps have made. */

const run = promisify(execFile)
const ADDRESS = 'http://127.0.0.1:8480'
const readme = readFileSync(sourceFile('README.md'), 'utf8')
const [steps = ''] = fencedBlocks(readme, 'sh', 'First steps')
const [script = ''] = fencedBlocks(readme, 'python', 'With boto3')

const test = suite('readme with boto3')
let service: Service
let folder: string

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'magnetodb-readme-'))
  service = await Service.start({ DEFAULT: { workers: 1 } })
})

test.after(async () => {
  await service.stop()
  rmSync(folder, { recursive: true })
})

test('it puts an item beside that of v1, counts, and queries both', async () => {
  await paste(steps, { url: service.url, folder, exporting: steps })
  assert.ok(script.includes(ADDRESS))
  const python = script.replaceAll(ADDRESS, service.url)
  const { stdout } = await run(dynamodbPythonFromEnv(), ['-B', '-c', python])
  assert.is(stdout.trim(), "['Pulsars', 'Magnetars']")
})

test.run()
