import { strict as assert } from 'node:assert'
import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../../../src/config/load.ts'
import { bindSocket } from '../../../src/process/bound-socket.ts'
import { Supervisor } from '../../../src/process/supervisor.ts'
import { test } from '../../support/suite.ts'

const WORKER = fileURLToPath(new URL('./serving-worker.js', import.meta.url))
const NODE = process.execPath

/** Plays the error of a system without room for one more process. */
function withoutNode<T>(run: () => T): T {
  process.execPath = '/no/such/program'
  try {
    return run()
  } finally {
    process.execPath = NODE
  }
}

async function started(forkFirst: (start: () => void) => void) {
  cluster.setupPrimary({ exec: WORKER })
  const config = loadConfig()
  const socket = await bindSocket('127.0.0.1', 0)
  const lines: string[] = []
  const write = (fields: object, message: string) => {
    lines.push(`${message} ${JSON.stringify(fields)}`)
  }
  const log = { isDebugEnabled: false, debug: write, info: write, warn: write, error: write }
  let supervisor: Supervisor | undefined
  const outcome = await new Promise<string>((resolve) => {
    supervisor = new Supervisor({
      config: { ...config, DEFAULT: { ...config.DEFAULT, workers: 1 } },
      socket,
      streamingSocket: undefined,
      log,
      onServing: () => resolve('serving'),
      onStartFailed: resolve,
      onWorkerDeath: () => {},
    })
    forkFirst(() => supervisor?.start())
  })
  const end = async () => {
    assert.equal(await supervisor?.drain(), true)
    socket.close()
  }
  return { outcome, lines, end }
}

test('a first worker that cannot be forked ends the start', async () => {
  const { outcome, end } = await started((start) => withoutNode(start))
  assert.match(outcome, /^a worker ended with spawn \/no\/such\/program ENOENT before it served$/)
  await end()
})

test('forking a worker is retried until it succeeds', async () => {
  const { outcome, lines, end } = await started((start) => start())
  assert.equal(outcome, 'serving')
  process.execPath = '/no/such/program'
  const forked = new Promise<void>((resolve) => {
    cluster.on('online', () => resolve())
    cluster.on('fork', ({ process: { pid } }) => {
      if (pid === undefined) process.execPath = NODE
    })
  })
  for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL')
  await forked
  assert.ok(
    lines.some((line) => /a worker died .*ENOENT/.test(line)),
    lines.join(),
  )
  await end()
})

test.run()
