import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../test/stack/ports.ts'
import { startServer } from '../../test/stack/processes.ts'
import { sourceFile } from '../../test/stack/project.ts'
import { post, postAll } from '../post.ts'
import { dynamodbWire, UNVERIFIED } from '../wire.ts'
import { loading } from '../workload.ts'
import type { BenchServer, StartOptions } from './bench-server.ts'

const START_LIMIT_MS = 20_000
const CREATION_MS = 10

/** dynalite, an implementation of DynamoDB for tests, in memory. */
export async function startDynalite({ folder, signal }: StartOptions): Promise<BenchServer> {
  const port = await freePort()
  const log = join(folder, 'dynalite.log')
  const server = await startServer(
    process.execPath,
    [
      sourceFile('node_modules/dynalite/cli.js'),
      ...['--host', '127.0.0.1', '--port', `${port}`, '--createTableMs', `${CREATION_MS}`],
    ],
    { cwd: folder, log, signal, port, limitMs: START_LIMIT_MS },
  )
  const url = `http://127.0.0.1:${port}`
  const wire = dynamodbWire(UNVERIFIED)
  await post(url, wire.createTable())
  await delay(10 * CREATION_MS)
  await postAll(url, loading(wire))
  return { name: 'dynalite', url, wire, ...server }
}
