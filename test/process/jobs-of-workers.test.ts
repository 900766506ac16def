import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { Service, writeConfig } from '../support/service.ts'
import { suite } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

/** One worker of a machine looks for jobs. */
const test = suite('jobs of workers')

const WORKERS = 3
const WAIT_MS = 60_000
const HEADERS = { 'X-Auth-Token': 'ann:demo', 'Content-Type': 'application/json' }
const TABLE = {
  table_name: 'thread',
  attribute_definitions: [{ attribute_name: 'forum', attribute_type: 'S' }],
  key_schema: [{ attribute_name: 'forum', key_type: 'HASH' }],
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + WAIT_MS
  while (!(await holds())) {
    assert.ok(performance.now() < end, what)
    await delay(10)
  }
}

/** Makes a table and deletes it, until its name is free. */
async function makeAndDelete(url: string): Promise<void> {
  const tables = `${url}/v1/data/demo/tables`
  const ask = async (path: string, method: string, body?: string): Promise<number> => {
    const parts = body === undefined ? {} : { body }
    const answer = await fetch(`${tables}${path}`, { method, headers: HEADERS, ...parts })
    await answer.text()
    return answer.status
  }
  assert.is(await ask('', 'POST', JSON.stringify(TABLE)), 200)
  assert.is(await ask('/thread', 'DELETE'), 200)
  await until('it is gone', async () => (await ask('/thread', 'GET')) === 404)
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
