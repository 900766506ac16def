import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as assert from 'uvu/assert'
import { findProgram, requireProgram } from '../stack/prerequisite.ts'
import { sourceFile } from '../stack/project.ts'
import { ask } from '../support/ask.ts'
import { Service, writeConfig } from '../support/service.ts'
import { suite } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

/** Readiness as reported to systemd. A listener in Python takes the place of systemd. */

const LISTENER = sourceFile('test/process/notify-listener.py')
const PYTHON = requireProgram('python3', 'install it (Debian and Ubuntu: apt-get install python3)')
const STAND_IN = `#!/usr/bin/env python3
import os, socket, sys
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sender.connect(os.environ['NOTIFY_SOCKET'])
sender.send('\\n'.join(sys.argv[1:]).encode())
`

interface Context {
  readonly folder: TemporaryFolder
  readonly config: string
  readonly socket: string
  readonly listener: ChildProcess
  next(): Promise<string>
}

const test = suite<Context>('readiness')

test.before.each(async (context) => {
  const folder = new TemporaryFolder()
  const config = writeConfig(
    folder.path,
    '[DEFAULT]\nauth_strategy = noauth\nbind_port = 0\nworkers = 1\nstorage_driver = memory\n' +
      `log_file = ${folder.path}/log\n`,
  )
  const socket = join(folder.path, 'socket')
  const listener = spawn(PYTHON, ['-B', LISTENER, socket])
  const lines = createInterface({ input: listener.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    let line: string
    do line = (await lines.next()).value
    while (line === 'BARRIER=1')
    return line
  }
  Object.assign(context, { folder, config, socket, listener, next })
  assert.is(await next(), 'bound')
})

test.after.each(async ({ folder, listener }) => {
  listener.kill('SIGKILL')
  await once(listener, 'close')
  folder.remove()
})

/** The PATH with this program before all others. */
function withProgram({ folder }: Context, text: string): string {
  writeFileSync(join(folder.path, 'systemd-notify'), text, { mode: 0o755 })
  return `${folder.path}:${process.env.PATH}`
}

async function tellsOfServingAndDraining(context: Context, environment: NodeJS.ProcessEnv) {
  const { config, socket, next } = context
  const service = await Service.start(config, {
    environment: { NOTIFY_SOCKET: socket, ...environment },
  })
  assert.is(await next(), 'READY=1')
  assert.is((await ask(`${service.url}/healthcheck`)).status, 200)
  const code = service.stop()
  assert.is(await next(), 'STOPPING=1')
  assert.is(await code, 0)
}

const hasSystemd = findProgram('systemd-notify') !== undefined
if (!hasSystemd) console.log('no systemd-notify here: a stand-in for it has to do')

test('systemd is notified when the service is ready and when it drains', (context) =>
  tellsOfServingAndDraining(context, hasSystemd ? {} : { PATH: withProgram(context, STAND_IN) }))

test('without NOTIFY_SOCKET no program is run', async (context) => {
  const { config, folder } = context
  const PATH = withProgram(context, `#!/bin/sh\ntouch ${folder.path}/was-run\n`)
  const service = await Service.start(config, { environment: { PATH, NOTIFY_SOCKET: '' } })
  assert.is(await service.stop(), 0)
  assert.not.ok(existsSync(join(folder.path, 'was-run')))
})

test('a service that cannot notify systemd serves, and logs it', async (context) => {
  const { config, folder, socket } = context
  const PATH = withProgram(context, '#!/bin/sh\necho no such socket >&2\nexit 1\n')
  const service = await Service.start(config, { environment: { PATH, NOTIFY_SOCKET: socket } })
  assert.is((await ask(`${service.url}/healthcheck`)).status, 200)
  assert.is(await service.stop(), 0)
  const log = readFileSync(join(folder.path, 'log'), 'utf8')
  assert.match(
    log,
    /ERROR magnetodb \[-\] cannot notify systemd state: STOPPING=1 reason: .*no such/,
  )
})

test.run()
