import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../test/stack/ports.ts'
import { startServer } from '../../test/stack/processes.ts'
import { magnetodbWire } from '../wire.ts'
import type { BenchServer, StartOptions } from './bench-server.ts'
import { BENCH_PROJECT_ID, BENCH_TOKEN } from './magnetodb.ts'

const START_LIMIT_MS = 20_000
const PROCESS = fileURLToPath(new URL('bare-process.js', import.meta.url))

/** node:http alone, which parses MagnetoDB's requests and sends answers of the same size. */
export async function startBare({ folder, signal }: StartOptions): Promise<BenchServer> {
  const port = await freePort()
  const log = join(folder, 'bare.log')
  const process_ = await startServer(process.execPath, [PROCESS, `${port}`], {
    ...{ cwd: folder, log, signal, port },
    limitMs: START_LIMIT_MS,
  })
  const wire = magnetodbWire(BENCH_PROJECT_ID, BENCH_TOKEN)
  return { name: 'bare', url: `http://127.0.0.1:${port}`, wire, ...process_ }
}
