import * as assert from 'uvu/assert'
import { ask } from '../support/ask.ts'
import { Service, writeConfig } from '../support/service.ts'
import { suite } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

/** Only one worker of a machine looks for jobs. */
const test = suite('jobs of workers')

const WORKERS = 3
const HEADERS = { 'X-Auth-Token': 'ann:demo', 'Content-Type': 'application/json' }
const TABLE = {
  table_name: 'thread',
  attribute_definitions: [{ attribute_name: 'forum', attribute_type: 'S' }],
  key_schema: [{ attribute_name: 'forum', key_type: 'HASH' }],
}

/** Creates a table, deletes it, and waits until its name is free. */
async function makeAndDelete(url: string): Promise<void> {
  const tables = `${url}/v1/data/demo/tables`
  const thread = (method: string) => ask(`${tables}/thread`, { method, headers: HEADERS })
  const body = JSON.stringify(TABLE)
  assert.is((await ask(tables, { method: 'POST', headers: HEADERS, body })).status, 200)
  assert.is((await thread('DELETE')).status, 200)
  await until('it is gone', async () => (await thread('GET')).status === 404)
}

test('tables are deleted by any worker, also after workers have died', async () => {
  const folder = new TemporaryFolder()
  const config = writeConfig(
    folder.path,
    `[DEFAULT]\nauth_strategy = noauth\nbind_port = 0\nworkers = ${WORKERS}\n` +
      `[lmdb]\npath = ${folder.path}/data\nmap_size = 16M\n`,
  )
  const service = await Service.start(config)
  try {
    for (let round = 0; round < WORKERS; round++) await makeAndDelete(service.url)
    const first = service.workers()
    assert.is(first.length, WORKERS)
    for (const victim of first) {
      process.kill(victim, 'SIGKILL')
      await until('it is replaced', async () => {
        const pids = service.workers()
        return pids.length === WORKERS && !pids.includes(victim)
      })
      await makeAndDelete(service.url)
    }
  } finally {
    await service.kill()
    folder.remove()
  }
})

test.run()
