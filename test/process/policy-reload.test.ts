import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { ask } from '../support/ask.ts'
import { runMain } from '../support/program.ts'
import { Service, writeConfig } from '../support/service.ts'
import { test } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const SECONDS_MAX = 60
/** Requests in a row that reach every worker. */
const ASKED_IN_ROW = 20

function serviceConfig(folder: string): string {
  const options = `auth_strategy = noauth\nbind_port = 0\nworkers = 2\nlog_file = ${folder}/log\n`
  const data = `[lmdb]\npath = ${folder}/data\nmap_size = 16M\n`
  return writeConfig(folder, `[DEFAULT]\n${options}${data}`)
}

async function listStatus(url: string): Promise<number> {
  const headers = { 'x-auth-token': 'user:demo:reader' }
  return (await ask(`${url}/v1/data/demo/tables`, { headers })).status
}

/** Resolves when every worker answers with this status. */
async function untilStatus(url: string, status: number): Promise<void> {
  const deadline = performance.now() + SECONDS_MAX * 1_000
  for (let inRow = 0; inRow < ASKED_IN_ROW; ) {
    inRow = (await listStatus(url)) === status ? inRow + 1 : 0
    if (performance.now() > deadline) throw new Error(`the answer never became ${status}`)
    if (inRow === 0) await setTimeout(50)
  }
}

test('policy files beside the configuration file apply and reload in all workers', async () => {
  const { path, remove } = new TemporaryFolder()
  const policyFile = join(path, 'policy.yaml')
  writeFileSync(policyFile, '"mdb:list_tables": "role:boss"\n')
  const service = await Service.start(serviceConfig(path))
  try {
    await untilStatus(service.url, 403)
    writeFileSync(policyFile, '"mdb:list_tables": "role:reader"\n')
    await untilStatus(service.url, 200)

    mkdirSync(join(path, 'policy.d'))
    writeFileSync(join(path, 'policy.d/1.yaml'), '"mdb:list_tables": "!"\n')
    service.signal('SIGHUP')
    await untilStatus(service.url, 403)

    writeFileSync(join(path, 'policy.d/1.yaml'), '"mdb:list_tables": "http://example.org/"\n')
    service.signal('SIGHUP')
    const complaints = () => readFileSync(join(path, 'log'), 'utf8').match(/remote checks/g) ?? []
    while (complaints().length < 2) await setTimeout(50)
    assert.is(await listStatus(service.url), 403)
    assert.is(await service.stop(), 0)
  } finally {
    await service.kill()
    remove()
  }
})

test('policy files that cannot be used end the start with one line', async () => {
  const { path, remove } = new TemporaryFolder()
  try {
    writeFileSync(join(path, 'policy.yaml'), '"mdb:scan": "http://example.org/"\n')
    const { code, stderr } = await runMain(['--config-file', serviceConfig(path)])
    assert.is(code, 1)
    assert.is(
      stderr,
      `magnetodb-api: ${path}/policy.yaml: mdb:scan: remote checks (http:) are not supported\n`,
    )
  } finally {
    remove()
  }
})

test.run()
