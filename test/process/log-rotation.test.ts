import { mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { ask } from '../support/ask.ts'
import { Service, writeConfig } from '../support/service.ts'
import { test } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const SECONDS_MAX = 30

/** The log files that a process has open for writing, by their present names. */
function openLogs(pid: number): readonly string[] {
  const fds = `/proc/${pid}/fd`
  const files = readdirSync(fds).map((fd) => {
    try {
      return readlinkSync(join(fds, fd))
    } catch {
      return 'closed meanwhile'
    }
  })
  return files.filter((file) => file.includes('api.log'))
}

test('SIGHUP reopens the log file in every process', async () => {
  const folder = new TemporaryFolder()
  const file = join(folder.path, 'api.log')
  const options = `auth_strategy = noauth\nbind_port = 0\nworkers = 2\nlog_file = ${file}\n`
  const data = `[lmdb]\npath = ${folder.path}/data\nmap_size = 16M\n`
  const service = await Service.start(writeConfig(folder.path, `[DEFAULT]\n${options}${data}`))
  try {
    const pids = [service.pid, ...service.workers()]
    assert.is(pids.length, 3)
    const allWriteTo = async (name: string) => {
      const deadline = performance.now() + SECONDS_MAX * 1_000
      const isTrue = () => pids.every((pid) => openLogs(pid).join() === name)
      while (!isTrue() && performance.now() < deadline) await setTimeout(10)
      assert.equal(pids.map(openLogs), [[name], [name], [name]])
    }
    await allWriteTo(file)
    renameSync(file, `${file}.1`)
    await allWriteTo(`${file}.1`)
    service.signal('SIGHUP')
    await allWriteTo(file)
    for (const pid of pids.slice(1)) process.kill(pid, 'SIGHUP')
    assert.is((await ask(`${service.url}/healthcheck`)).status, 200)
    assert.is(await service.stop(), 0)
    const log = readFileSync(file, 'utf8')
    assert.match(log, 'draining')
    assert.not.match(log, /a worker died/)
  } finally {
    await service.kill()
    folder.remove()
  }
})

test('a worker that cannot open its log is restarted until it can', async () => {
  const folder = new TemporaryFolder()
  const logs = join(folder.path, 'logs')
  mkdirSync(logs)
  const options = `auth_strategy = noauth\nbind_port = 0\nworkers = 1\nlog_file = ${logs}/api.log\n`
  const data = `[lmdb]\npath = ${folder.path}/data\nmap_size = 16M\n`
  const service = await Service.start(writeConfig(folder.path, `[DEFAULT]\n${options}${data}`))
  try {
    renameSync(logs, `${logs}.away`)
    const [victim = 0] = service.workers()
    process.kill(victim, 'SIGKILL')
    const written = () => readFileSync(`${logs}.away/api.log`, 'utf8')
    const deadline = performance.now() + SECONDS_MAX * 1_000
    const reason = 'a worker cannot start reason: "cannot open the log file: ENOENT'
    while (!written().includes(reason) && performance.now() < deadline) await setTimeout(10)
    assert.match(written(), reason)
    renameSync(`${logs}.away`, logs)
    assert.is((await ask(`${service.url}/healthcheck`)).status, 200)
  } finally {
    await service.kill()
    folder.remove()
  }
})

test.run()
