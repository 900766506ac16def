import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { LmdbDriver } from '../../../src/storage/lmdb/driver.ts'
import { ask } from '../../support/ask.ts'
import { runMain } from '../../support/program.ts'
import { Service, writeConfig } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { TableFixture, text } from '../contract/table-fixture.ts'

const OPENER = fileURLToPath(new URL('./opening-process.js', import.meta.url))
const TABLE = Buffer.alloc(16, 1)
const [P, S] = [text('p'), text('s')]
/** Runs a program as the first process of a PID namespace, which ends with its parent. */
const UNSHARED = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const REFUSED = /is open in another PID namespace, such as another container: only the processes/
const run = promisify(execFile)

const test = suite('LMDB in PID namespaces')
const [command = '', ...flags] = UNSHARED
const isAllowed = spawnSync(command, [...flags, 'true']).status === 0
let path = ''

test.before.each(async () => {
  // Longer than the path of a socket may be.
  path = await mkdtemp(join(tmpdir(), `magnetodb-namespaces-${'x'.repeat(100)}-`))
})

test.after.each(() => rm(path, { recursive: true }))

/** Puts a row from another PID namespace. */
function putElsewhere(sort: string): Promise<unknown> {
  return run(command, [...flags, process.execPath, OPENER, path, sort])
}

function inTwo(title: string, work: () => Promise<void>): void {
  test(title, async () => {
    if (isAllowed) await work()
    else process.stdout.write('not tried: unshare is not allowed here\n')
  })
}

const options = () => ({ path, mapSizeBytes: 64 * 1024 * 1024 })

inTwo('a folder that is open in one PID namespace is refused in another, until then', async () => {
  const driver = new LmdbDriver(options())
  await driver.open()
  const table = new TableFixture(driver, TABLE)
  await table.put(P, S, '1')
  const refused = await putElsewhere('other').then(
    () => '',
    ({ stderr }: { stderr: string }) => stderr,
  )
  assert.match(refused, REFUSED)
  await run(process.execPath, [OPENER, path, 'same'])
  await table.put(P, S, '2')
  await driver.close()
  assert.equal((await readdir(path)).sort(), ['data.mdb', 'lock.mdb'])
  await putElsewhere('other')
  await driver.open()
  assert.is((await table.rows(P)).length, 3)
  await driver.close()
})

inTwo('a folder is free once its processes were killed, and what they left goes', async () => {
  const killed = execFile(process.execPath, [OPENER, path, 'open until killed'])
  while (!(await readdir(path)).some((name) => name.startsWith('user-'))) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await assertRejects(putElsewhere('too early'))
  killed.kill('SIGKILL')
  await once(killed, 'exit')
  await putElsewhere('young')
  const [left = ''] = (await readdir(path)).filter((name) => name.startsWith('user-'))
  assert.ok(left, 'it could be one that is just beginning')
  await utimes(join(path, left), 0, 0)
  await putElsewhere('old')
  assert.equal((await readdir(path)).sort(), ['data.mdb', 'lock.mdb'])
})

inTwo('a service beside one of another container is one line and exit code 1', async () => {
  const text = '[DEFAULT]\nauth_strategy = noauth\nbind_port = 0\nworkers = 2\n'
  const config = writeConfig(path, `${text}[lmdb]\nmap_size = 64M\npath = ${path}/data\n`)
  const service = await Service.start(config)
  const { code, stderr } = await runMain(['--config-file', config], UNSHARED)
  assert.is(code, 1)
  const lines = stderr.split('\n').filter((line) => line.startsWith('magnetodb-api: '))
  assert.is(lines.length, 1, stderr)
  assert.match(lines[0] ?? '', REFUSED)
  assert.is((await ask(`${service.url}/healthcheck?fullcheck=true`)).status, 200)
  assert.is(await service.stop(), 0)
})

test('a process refused in another PID namespace does not block others', async () => {
  const driver = new LmdbDriver(options())
  const refused = createServer()
  // The folder's path is too long for a socket.
  const folder = openSync(path, 'r')
  const name = `/proc/self/fd/${folder}/user-1-${'0'.repeat(16)}.sock`
  await once(refused.listen(name), 'listening')
  const closed = once(refused, 'close')
  refused.once('connection', () => refused.close())
  await driver.open()
  await driver.close()
  await closed
  closeSync(folder)
})

async function assertRejects(work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.instance(error, Error)
}

test.run()
