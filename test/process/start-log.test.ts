import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { ask } from '../support/ask.ts'
import { runMain } from '../support/program.ts'
import { Service, writeConfig } from '../support/service.ts'
import { suite } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const SECONDS_MAX = 30

interface Context {
  readonly folder: TemporaryFolder
  /** Writes a configuration with these lines in [DEFAULT], and more. @returns its path */
  configure(options?: string, more?: string): string
  start(options?: string, more?: string): Promise<Service>
}

const test = suite<Context>('the log of a whole service')
const services: Service[] = []

test.before.each((context) => {
  const folder = new TemporaryFolder()
  const configure = (options = '', more = ''): string =>
    writeConfig(
      folder.path,
      '[DEFAULT]\nauth_strategy = noauth\nbind_port = 0\nworkers = 2\n' +
        `log_dir = ${folder.path}\n${options}` +
        `[lmdb]\npath = ${folder.path}/data\nmap_size = 16M\n${more}`,
    )
  const start = async (options?: string, more?: string): Promise<Service> => {
    const service = await Service.start(configure(options, more))
    services.push(service)
    return service
  }
  Object.assign(context, { folder, configure, start })
})

test.after.each(async ({ folder }) => {
  for (const service of services.splice(0)) {
    await service.kill()
  }
  folder.remove()
})

function logText({ folder }: Context): string {
  return readFileSync(join(folder.path, 'magnetodb-api.log'), 'utf8')
}

async function untilLogged(context: Context, text: RegExp): Promise<void> {
  const deadline = performance.now() + SECONDS_MAX * 1_000
  while (!text.test(logText(context)) && performance.now() < deadline) await setTimeout(20)
  assert.match(logText(context), text)
}

/** Sends enough requests that both workers have answered some. */
async function askBoth(url: string, times = 20): Promise<void> {
  for (let i = 0; i < times; i++) {
    await ask(`${url}/v1/data/demo/tables`, { headers: { 'x-auth-token': 'ann:demo' } })
  }
}

test('start, policy and address are logged once, by the primary', async (context) => {
  const service = await context.start('', '[cors]\nallowed_origin = x\n')
  assert.is(await service.stop(), 0)
  const lines = logText(context).trimEnd().split('\n')
  const told = lines.map((line) => line.split(' ').slice(3).join(' '))
  assert.match(
    told[0] ?? '',
    /^INFO magnetodb \[-\] starting version: \d+\.\d+\.\d+ configFiles: \//,
  )
  assert.is(told[1], 'WARNING magnetodb.config [-] options without effect: [cors]')
  assert.is(told[2], 'INFO magnetodb.policy [-] policy in force: defaults only')
  assert.is(
    told[3],
    `INFO magnetodb [-] listens on ${service.url} workers: 2 storage: lmdb auth: noauth`,
  )
  assert.equal(told.slice(4), ['INFO magnetodb [-] draining signal: SIGTERM'])
  const pids = new Set(lines.map((line) => line.split(' ')[2]))
  assert.equal([...pids], [String(service.pid)])
})

test('debug and log_operations follow SIGHUP in every process', async (context) => {
  const service = await context.start()
  await askBoth(service.url)
  assert.not.match(logText(context), /DEBUG|list_tables/)
  context.configure('debug = true\nlog_operations = true\n')
  service.signal('SIGHUP')
  // Each process logs at DEBUG that it has read the policy.
  await untilLogged(context, /(DEBUG magnetodb\.policy[\s\S]*){2}/)
  await askBoth(service.url, 1)
  await untilLogged(context, /INFO magnetodb\.operation \[- req-\S+ ann demo\] list_tables /)
  context.configure()
  service.signal('SIGHUP')
  await untilLogged(context, /(policy in force[\s\S]*){5}/)
  assert.is(await service.stop(), 0)
})

test('SIGHUP names the changed options need a restart', async (context) => {
  const service = await context.start()
  context.configure('bind_host = ::1\n')
  service.signal('SIGHUP')
  await untilLogged(
    context,
    /WARNING magnetodb\.config \[-\] changed options need a restart options: ".DEFAULT. bind_host"/,
  )
  assert.is(await service.stop(), 0)
})

test('SIGHUP with an invalid configuration changes nothing', async (context) => {
  const service = await context.start('log_operations = true\n')
  context.configure('log_operations = false\ncolour = red\n')
  service.signal('SIGHUP')
  await untilLogged(
    context,
    /ERROR magnetodb\.config \[-\] cannot use the configuration; .* stay in force reason: .*colour/,
  )
  await askBoth(service.url, 1)
  await untilLogged(context, /list_tables/)
  assert.is(await service.stop(), 0)
})

test('with use_json every line is JSON, and standard output is empty', async ({ configure }) => {
  const config = configure('use_json = true\n')
  const text = readFileSync(config, 'utf8').replace(/log_dir = .*\n/, '')
  writeFileSync(config, text)
  const main = spawnMain(config)
  const deadline = performance.now() + SECONDS_MAX * 1_000
  while (!main.stderr().includes('listens on') && performance.now() < deadline) await setTimeout(20)
  main.process.kill('SIGTERM')
  await main.exited
  const lines = main.stderr().trimEnd().split('\n')
  assert.ok(lines.length >= 4)
  for (const line of lines) assert.is(typeof JSON.parse(line).message, 'string', line)
  assert.is(main.stdout(), '')
})

test('a failed start is reported in the form of the log', async ({ configure, folder }) => {
  mkdirSync(join(folder.path, 'policy.d'))
  writeFileSync(join(folder.path, 'policy.d/1.yaml'), '"mdb:scan": "http://example.org/"\n')
  const config = configure('use_json = true\n')
  writeFileSync(config, readFileSync(config, 'utf8').replace(/log_dir = .*\n/, ''))
  const { code, stderr } = await runMain(['--config-file', config])
  assert.is(code, 1)
  const last = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '')
  assert.equal([last.level, last.message], ['ERROR', 'cannot start'])
  assert.match(last.reason, 'remote checks')
})

test('environment variables and --config-dir configure the program', async ({ folder }) => {
  const conf = join(folder.path, 'conf.d')
  mkdirSync(conf)
  writeFileSync(join(conf, '1.conf'), '[DEFAULT]\nauth_strategy = noauth\nbind_port = 0\n')
  const environment = { OS_DEFAULT__STORAGE_DRIVER: 'memory', OS_DEFAULT__WORKERS: '2' }
  const main = spawnMain(undefined, ['--config-dir', conf], environment)
  assert.is(await main.exited, 1)
  assert.match(main.stderr(), 'workers = 2: must be 1 with storage_driver = memory')
})

function spawnMain(config?: string, args = ['--config-file', config ?? ''], environment = {}) {
  const main = new URL('../../src/main.js', import.meta.url).pathname
  const env = { ...process.env, ...environment }
  const child = spawn(process.execPath, [main, ...args], { env })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const exited = once(child, 'close').then(([code]) => code as number | null)
  return { process: child, exited, stdout: () => stdout, stderr: () => stderr }
}

test.run()
