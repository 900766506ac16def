import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { sourceFile } from '../stack/project.ts'
import { ask } from '../support/ask.ts'
import { THREAD_TABLE } from '../support/in-process-service.ts'
import { runMain } from '../support/program.ts'
import { Service, writeConfig } from '../support/service.ts'
import { suite } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const run = promisify(execFile)
const test = suite<{ folder: TemporaryFolder }>('main')

test.before.each((context) => {
  context.folder = new TemporaryFolder()
})

test.after.each(({ folder }) => {
  folder.remove()
})

const MEMORY = '[DEFAULT]\nauth_strategy = noauth\nstorage_driver = memory\nbind_port = 0\n'

async function failsToStart(
  args: readonly string[],
  line: RegExp,
  startedBy: readonly string[] = [],
): Promise<void> {
  const { code, stdout, stderr } = await runMain(args, startedBy)
  assert.is(code, 1)
  assert.is(stdout, '')
  const shown = stderr.split('\n').filter((text) => text.startsWith('magnetodb-api: '))
  assert.is(shown.length, 1, stderr)
  assert.match(shown[0] ?? '', line)
  assert.not.match(stderr, /node:internal|\n {4}at /)
}

test('an error in the configuration ends with one line and exit code 1', async ({ folder }) => {
  await failsToStart(['--config-file', `${folder.path}/missing.conf`], /no such file/)
  await failsToStart(['--colour'], /unknown option "--colour"/)
  const config = (text: string) => ['--config-file', writeConfig(folder.path, text)]
  await failsToStart(config(`${MEMORY}colour = red\n`), /colour/)
  await failsToStart(config(`${MEMORY}workers = 2\n`), /workers = 2/)
  await failsToStart(config(`${MEMORY}bind_host = 0.0.0.0\n`), /loopback/)
})

test('an unsupported Node.js ends with one line and exit code 1', async ({ folder }) => {
  const preload = `${folder.path}/old.cjs`
  writeFileSync(preload, "Object.defineProperty(process.versions, 'node', { value: '20.20.1' })")
  const startedBy = ['env', `NODE_OPTIONS=--require ${preload}`]
  await failsToStart([], /Node\.js 20\.20\.1 is not supported, only \^20\.20\.2 \|\|/, startedBy)
})

test('a port in use ends with one line and exit code 1', async ({ folder }) => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  const config = writeConfig(folder.path, MEMORY.replace('bind_port = 0', `bind_port = ${port}`))
  await failsToStart(
    ['--config-file', config],
    /cannot listen on 127\.0\.0\.1:\d+: address already/,
  )
  other.close()
})

test('storage that cannot be opened ends with one line and exit code 1', async ({ folder }) => {
  const noauth = '[DEFAULT]\nauth_strategy = noauth\nbind_port = 0\n'
  for (const path of [`${folder.path}/magnetodb.conf/inside`, '/dev/full']) {
    const config = writeConfig(folder.path, `${noauth}[lmdb]\npath = ${path}\n`)
    await failsToStart(['--config-file', config], /cannot open the storage lmdb: .*(inside|full)/)
  }
})

test('a database of an earlier version ends with one line and exit code 1', async ({ folder }) => {
  const path = `${folder.path}/data`
  mkdirSync(path)
  copyFileSync(sourceFile('test/engine/format/format-1/data.mdb'), `${path}/data.mdb`)
  const text = '[DEFAULT]\nauth_strategy = noauth\nbind_port = 0\nworkers = 3\n'
  const config = writeConfig(folder.path, `${text}[lmdb]\nmap_size = 16M\npath = ${path}\n`)
  const line =
    /this database was written by an earlier version \(format 1\); it cannot be upgraded$/
  // The second start finds the files of the first.
  for (const args of [1, 2].map(() => ['--config-file', config])) await failsToStart(args, line)
})

for (const [limit, least] of [
  ['--nofile=64', /open files is 64 \(ulimit -n\): 256 is the least/],
  ['--as=40000000000', /address space is 38146 MiB \(ulimit -v\): 79872 MiB is the least/],
  ['--data=800000000', /data size is 76[23] MiB \(ulimit -d\): 1024 MiB is the least/],
  ['--stack=900000', /stack size is 0 MiB \(ulimit -s\): 1 MiB is the least/],
  ['--fsize=100000', /file size is 0 MiB \(ulimit -f\): 16 MiB is the least/],
  ['--cpu=20', /cpu time is 20 s \(ulimit -t\): 60 s is the least/],
] as const) {
  test(`with ${limit} a start ends with one line and exit code 1`, async ({ folder }) => {
    const lmdb = `[DEFAULT]\nauth_strategy = noauth\n[lmdb]\npath = ${folder.path}/data\n`
    await failsToStart(['--config-file', writeConfig(folder.path, lmdb)], least, ['prlimit', limit])
  })
}

const HARMLESS_LIMITS = [
  ...['--core=0', '--locks=0', '--memlock=0', '--msgqueue=0', '--nice=0', '--rss=0', '--rtprio=0'],
  ...['--rttime=0', '--sigpending=0'],
]

test('with all other resource limits at zero the service serves', async ({ folder }) => {
  const service = await Service.start(writeConfig(folder.path, MEMORY), {
    startedBy: ['prlimit', ...HARMLESS_LIMITS],
  })
  assert.is((await ask(`${service.url}/healthcheck`)).status, 200)
  assert.is(await service.stop(), 0)
})

test('--help and --version print and exit', async () => {
  const help = await runMain(['--help'])
  assert.is(help.code, 0)
  assert.match(help.stdout, /^usage: magnetodb-api/)
  const version = await runMain(['--version'])
  assert.is(version.code, 0)
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/)
})

test('the commands that a start prints work when they are pasted', async ({ folder }) => {
  const service = await Service.start(writeConfig(folder.path, MEMORY))
  const [, ...commands] = await service.printed(
    /\n(curl .*)\n\n(curl .*)\n\n(curl .*)\n\n(curl .*)\n/,
  )
  const answers: string[] = []
  for (const command of commands) answers.push((await run('sh', ['-c', command])).stdout)
  assert.match(answers[0] ?? '', /"table_name":"thread"/)
  assert.is(answers[1], '{}\n')
  assert.match(answers[2] ?? '', /^\{"item":\{"forum":\{"S":"planets"\}/)
  assert.match(answers[3] ?? '', /"count":1/)
  assert.is(await service.stop(), 0)
})

test('a worker loads no native code except Node.js and what LMDB needs', async ({ folder }) => {
  const path = `${folder.path}/lmdb`
  const noauth = '[DEFAULT]\nauth_strategy = noauth\nbind_port = 0\nworkers = 1\n'
  const service = await Service.start(writeConfig(folder.path, `${noauth}[lmdb]\npath = ${path}\n`))
  const [worker] = service.workers()
  const maps = await readFile(`/proc/${worker}/maps`, 'utf8')
  const addons = new Set(
    [...maps.matchAll(/\/node_modules\/(\S+)\.node$/gm)].map(([, name]) => name),
  )
  assert.is(addons.size, 1, [...addons].join())
  assert.match([...addons][0] ?? '', /^@lmdb\/lmdb-/)
  assert.is(await service.stop(), 0)
})

test('a bulk load on the streaming port writes to the tables of the main port', async ({
  folder,
}) => {
  const config = writeConfig(folder.path, `${MEMORY}streaming_bind_port = 0\n`)
  const service = await Service.start(config)
  const [, streaming] = await service.printed(/Bulk loads also on (\S+)/)
  const post = (url: string, body: string) =>
    fetch(url, { method: 'POST', headers: { 'X-Auth-Token': 'ann:demo' }, body })
  await post(`${service.url}/v1/data/demo/tables`, THREAD_TABLE)
  const answer = await post(
    `${streaming}/v1/data/demo/tables/thread/bulk_load`,
    '{"forum":{"S":"a"}}\n{"forum":{"S":"b"}}\n',
  )
  const reply = (await answer.json()) as { processed: number }
  assert.is(reply.processed, 2)
  assert.is(await service.stop(), 0)
})

test.run()
