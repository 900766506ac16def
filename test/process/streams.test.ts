import { strict as assert } from 'node:assert'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { ask } from '../support/ask.ts'
import { runMain } from '../support/program.ts'
import { MAIN, writeConfig } from '../support/service.ts'
import { suite } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

type Context = { folder: string; remove: () => void }
const test = suite<Context>('streams')

test.before.each((context) => {
  const { path, remove } = new TemporaryFolder()
  Object.assign(context, { folder: path, remove })
})
test.after.each(({ remove }) => remove())

const CONFIG = `[DEFAULT]
auth_strategy = noauth
storage_driver = memory
bind_port = 0
log_operations = true
`
const REQUESTS = 20

/** Each creates a descriptor for writing, and a way to close it. */
const STREAMS = {
  full: () => opened(openSync('/dev/full', 'w')),
  'closed by its reader': (folder: string) => {
    const { reader, writer } = pipe(folder)
    closeSync(reader)
    return opened(writer)
  },
  'never read': (folder: string) => {
    const { reader, writer } = pipe(folder)
    fill(writer)
    return opened(writer, reader)
  },
}

for (const [state, open] of Object.entries(STREAMS)) {
  for (const stream of ['stdout', 'stderr'] as const) {
    test(`with a ${stream} that is ${state} the service serves and drains`, async ({ folder }) => {
      const { descriptor, close } = open(folder)
      const path = writeConfig(folder, CONFIG)
      const stdio = stream === 'stdout' ? [descriptor, 'pipe'] : ['pipe', descriptor]
      const service = spawn(process.execPath, [MAIN, '--config-file', path], {
        stdio: ['ignore', ...stdio] as ('ignore' | 'pipe' | number)[],
      })
      const url = await toldUrl((service.stdout ?? service.stderr) as Readable)
      await askOften(url)
      assert.equal(await ended(service), 0)
      close()
    })
  }

  test(`with a log file that is ${state} the service serves and drains`, async ({ folder }) => {
    const { descriptor, close } = open(folder)
    const path = writeConfig(folder, `${CONFIG}log_file = /proc/${process.pid}/fd/${descriptor}\n`)
    if (state === 'closed by its reader') {
      const { code, stderr } = await runMain(['--config-file', path])
      assert.deepEqual([code, stderr.split('\n').length], [1, 2], stderr)
      assert.match(stderr, /^magnetodb-api: cannot open the log file: ENXIO/)
    } else {
      const service = spawn(process.execPath, [MAIN, '--config-file', path])
      const url = await toldUrl(service.stdout)
      await askOften(url)
      service.kill('SIGHUP')
      await askOften(url)
      assert.equal(await ended(service), 0)
    }
    close()
  })
}

test.run()

function opened(descriptor: number, other?: number) {
  const close = () => {
    closeSync(descriptor)
    if (other !== undefined) closeSync(other)
  }
  return { descriptor, close }
}

/** Both ends of a named pipe. `spawn` does not give access to the descriptors of its own pipes. */
function pipe(folder: string) {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return { reader, writer: openSync(path, 'w') }
}

function fill(writer: number): void {
  const filling = openSync(`/proc/self/fd/${writer}`, constants.O_WRONLY | constants.O_NONBLOCK)
  for (const bytes of [4_096, 1]) {
    try {
      for (;;) writeSync(filling, Buffer.alloc(bytes))
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
    }
  }
  closeSync(filling)
}

async function toldUrl(output: Readable): Promise<string> {
  let told = ''
  for await (const chunk of output.iterator({ destroyOnReturn: false })) {
    told += chunk
    const [, url] = /listens on (\S+)/.exec(told) ?? []
    if (url) {
      output.resume()
      return url
    }
  }
  throw new Error(`it ended: ${told}`)
}

async function askOften(url: string): Promise<void> {
  for (let i = 0; i < REQUESTS; i++) {
    const headers = { 'X-Auth-Token': 'ann:demo' }
    assert.equal((await ask(`${url}/v1/data/demo/tables`, { headers })).status, 200)
  }
}

async function ended(service: ReturnType<typeof spawn>): Promise<number | null> {
  const exited = once(service, 'exit')
  service.kill('SIGTERM')
  const [code] = await exited
  return code as number | null
}
