import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { allFencedBlocks } from './fenced-blocks.ts'
import { sourceFile } from './stack/project.ts'
import { ask } from './support/ask.ts'
import { startService } from './support/in-process-service.ts'
import { test } from './support/suite.ts'

const DOCUMENTED = 'http://127.0.0.1:8480'
/** Members with another value in each run. */
const OF_ITS_TIME: readonly string[] = ['table_id', 'creation_date_time']

test('every request of docs/api-v1.md has the answer that stands below it', async () => {
  const blocks = allFencedBlocks(readFileSync(sourceFile('docs/api-v1.md'), 'utf8'))
  const requests = blocks.filter(({ language }) => language === 'http')
  assert.is(requests.length, 12)
  const service = await startService()
  const url = `http://127.0.0.1:${service.port}`
  try {
    for (const request of requests) {
      const [, method = '', path = '', body] =
        /^(\S+) (\S+)\n(?:\n([\s\S]*))?$/.exec(request.text) ?? []
      const answer = await ask(`${url}${path}`, {
        method,
        headers: { 'X-Auth-Token': 'ann:demo' },
        ...(body !== undefined && { body }),
      })
      const expected = blocks[blocks.indexOf(request) + 1]
      assert.is(expected?.language, 'json', request.text)
      const shown = answer.text.replaceAll(url, DOCUMENTED)
      assert.equal(comparable(shown), comparable(expected?.text ?? ''), request.text)
    }
  } finally {
    await service.close()
  }
})

function comparable(json: string): unknown {
  return JSON.parse(json, (name, value) => (OF_ITS_TIME.includes(name) ? '' : value))
}

test.run()
