import { strict as assert } from 'node:assert'
import cluster, { type Worker } from 'node:cluster'
import { fileURLToPath } from 'node:url'
import { loadConfig } from '../../../src/config/load.ts'
import { bindSocket } from '../../../src/process/bound-socket.ts'
import { Supervisor } from '../../../src/process/supervisor.ts'
import { test } from '../../support/suite.ts'
import { until } from '../../support/until.ts'

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

async function started(forkFirst: (start: () => void) => void, workers = 1) {
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
      config: { ...config, DEFAULT: { ...config.DEFAULT, workers } },
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

test('one worker looks for jobs, and another one after its death', async () => {
  const told: Record<string, Worker[]> = { serving: [], looking: [] }
  const note = (worker: Worker, { type }: { readonly type: string }) => told[type]?.push(worker)
  cluster.on('message', note)
  const { end } = await started((start) => start(), 3)
  await until('all serve', () => told.serving?.length === 3)
  await until('one looks', () => told.looking?.length === 1)
  told.looking?.[0]?.process.kill('SIGKILL')
  await until('it is replaced', () => told.serving?.length === 4)
  await until('another looks', () => told.looking?.length === 2)
  await end()
  cluster.off('message', note)
  const lookers = told.looking?.map(({ id }) => id)
  assert.deepEqual([lookers?.length, new Set(lookers).size], [2, 2])
})

test.run()
