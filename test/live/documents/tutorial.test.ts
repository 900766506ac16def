import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { allFencedBlocks } from '../../fenced-blocks.ts'
import { pythonFromEnv } from '../../stack/environment.ts'
import { sourceFile } from '../../stack/project.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { answersIn, DOCUMENTED_ADDRESS, paste, type Shell } from './paste.ts'

/** Runs the tutorial block by block on a service without Keystone, as a reader would paste it. */

const run = promisify(execFile)
/** Sections not run here: one starts the service, the other needs a cloud
 * (tutorial-cloud.test.ts). */
const ELSEWHERE = ['Start the service', 'In a cloud']
const tutorial = readFileSync(sourceFile('docs/tutorial.md'), 'utf8')
const blocks = allFencedBlocks(tutorial).filter(({ heading }) => !ELSEWHERE.includes(heading))

const test = suite('tutorial')
let service: Service
let shell: Shell

test.before(async () => {
  service = await Service.start({ DEFAULT: { workers: 2 } })
  const folder = mkdtempSync(join(tmpdir(), 'magnetodb-tutorial-'))
  shell = { url: service.url, folder, exporting: blocks[0]?.text ?? '' }
})

test.after(async () => {
  await service.stop()
  rmSync(shell.folder, { recursive: true })
})

test('every command of the tutorial gives the answer that the page shows', async () => {
  let answer: unknown
  for (const { heading, language, text } of blocks) {
    if (language === 'sh') answer = answersIn(await paste(text, shell)).at(-1)
    else if (language === 'json') assert.equal(answer, JSON.parse(text), heading)
    else await putsPulsars(text)
    if (heading === 'Put an item' && language === 'sh') await isRefusedAgain(text)
  }
  assert.is(blocks.filter(({ language }) => language === 'json').length, 7)
})

/** Repeats the conditional put, which the page says is refused. */
async function isRefusedAgain(put: string): Promise<void> {
  const [{ code, error }] = answersIn(await paste(put, shell, '--no-fail')) as [
    { code: number; error: { type: string } },
  ]
  assert.is(code, 400)
  assert.match(tutorial, `the answer is ${code}, of the type \`${error.type}\``)
}

async function putsPulsars(script: string): Promise<void> {
  const local = script.replaceAll(DOCUMENTED_ADDRESS, service.url)
  const { stdout } = await run(pythonFromEnv(), ['-B', '-c', local])
  assert.equal(JSON.parse(stdout.replaceAll("'", '"')), {
    forum: { S: 'stars' },
    subject: { S: 'Pulsars' },
    posted: { N: '1732190401' },
  })
}

test.run()
