import { strict as assert } from 'node:assert'
import { constants } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { ask } from '../support/ask.ts'
import { Service, writeConfig } from '../support/service.ts'
import { suite } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

type Context = { config: string; remove: () => void }
const test = suite<Context>('signals')

test.before.each((context) => {
  const { path, remove } = new TemporaryFolder()
  const config = writeConfig(
    path,
    '[DEFAULT]\nauth_strategy = noauth\nstorage_driver = memory\nbind_port = 0\n',
  )
  Object.assign(context, { config, remove })
})
test.after.each(({ remove }) => remove())

/** The effect of a signal on the primary and on a worker. `kernel`: its default effect on any
 * process. */
type Effect = 'drains' | 'nothing' | 'kernel'
const BOTH = (effect: Effect) => ({ primary: effect, worker: effect })

const EFFECTS: Readonly<Record<string, { primary: Effect; worker: Effect }>> = {
  // The signal reloads the configuration.
  SIGHUP: BOTH('nothing'),
  SIGINT: { primary: 'drains', worker: 'nothing' },
  SIGQUIT: { primary: 'drains', worker: 'nothing' },
  SIGPWR: { primary: 'drains', worker: 'nothing' },
  SIGTERM: BOTH('drains'),
  SIGXCPU: BOTH('drains'),
  SIGUSR1: BOTH('nothing'),
  SIGUSR2: BOTH('nothing'),
  SIGPIPE: BOTH('nothing'),
  SIGALRM: BOTH('nothing'),
  SIGSTKFLT: BOTH('nothing'),
  SIGCHLD: BOTH('nothing'),
  SIGCONT: BOTH('nothing'),
  SIGURG: BOTH('nothing'),
  SIGXFSZ: BOTH('nothing'),
  SIGVTALRM: BOTH('nothing'),
  SIGPROF: BOTH('nothing'),
  SIGWINCH: BOTH('nothing'),
  SIGIO: BOTH('nothing'),
  SIGPOLL: BOTH('nothing'),
  // No program can handle these, or a program that handled them would meet the cause again.
  SIGKILL: BOTH('kernel'),
  SIGSTOP: BOTH('kernel'),
  SIGILL: BOTH('kernel'),
  SIGTRAP: BOTH('kernel'),
  SIGBUS: BOTH('kernel'),
  SIGFPE: BOTH('kernel'),
  SIGSEGV: BOTH('kernel'),
  SIGSYS: BOTH('kernel'),
  // The operator ends a process and gets its core dump.
  SIGABRT: BOTH('kernel'),
  SIGIOT: BOTH('kernel'),
  // Job control of a shell.
  SIGTSTP: BOTH('kernel'),
  SIGTTIN: BOTH('kernel'),
  SIGTTOU: BOTH('kernel'),
}

function having(process: 'primary' | 'worker', effect: Effect): NodeJS.Signals[] {
  const names = Object.keys(EFFECTS) as NodeJS.Signals[]
  return names.filter((name) => EFFECTS[name]?.[process] === effect)
}

test('every signal of the system has a tested effect', () => {
  assert.deepEqual(Object.keys(EFFECTS).sort(), Object.keys(constants.signals).sort())
})

test('unused signals end no process and open no debugger', async ({ config }) => {
  const service = await Service.start(config)
  const [worker = 0] = service.workers()
  for (const signal of having('primary', 'nothing')) {
    process.kill(service.pid, signal)
  }
  for (const signal of having('worker', 'nothing')) process.kill(worker, signal)
  await answers(service)
  assert.deepEqual(service.workers(), [worker])
  const told = service.output()
  assert.equal(await service.stop(), 0)
  assert.doesNotMatch(told, /debugger/i)
})

for (const signal of having('primary', 'drains')) {
  test(`${signal} drains the service`, async ({ config }) => {
    const service = await Service.start(config)
    assert.equal(await service.stop(signal), 0)
  })
}

test('a worker that gets SIGTERM or SIGXCPU drains and is replaced', async ({ config }) => {
  const service = await Service.start(config)
  for (const signal of having('worker', 'drains')) {
    const [worker = 0] = service.workers()
    process.kill(worker, signal)
    while (service.workers().includes(worker)) await setTimeout(20)
    await answers(service)
  }
  assert.equal(await service.stop(), 0)
})

test.run()

async function answers({ url }: Service): Promise<void> {
  assert.equal((await ask(`${url}/healthcheck`)).status, 200)
}
