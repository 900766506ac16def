import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { requireProgram } from '../../stack/prerequisite.ts'
import { FaultedService, untilGone } from '../faulted-service.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { HttpClient } from '../http-client.ts'
import { SyncTrace } from '../sync-trace.ts'
import { WRITTEN_TABLE, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'

const LANES = 4
const WRITES = 200
const WRITES_SHORT = 60
/** More than a transaction's pages. */
const STRING_LENGTH_MAX = 1_000_000
const CALLS = 'read,write,writev,pwrite64,pwritev,fdatasync,fsync,openat,close'

/** The operating system is asked what was written and synced before each acknowledgement. */
export const ACK_AFTER_SYNC: Figure = {
  name: '1b',
  shows: 'acknowledgements that leave before their transaction is on disk',
  controls: ['no-sync'],
  measure,
}

async function measure({ short, folder, bug }: FigureOptions): Promise<Measured> {
  const strace = requireProgram('strace', 'install it (Debian and Ubuntu: apt-get install strace)')
  const file = join(folder, 'trace')
  const service = await FaultedService.start({
    config: { DEFAULT: { workers: 1 } },
    folder,
    bug,
    startedBy: [strace, '-D', '-f', '-qq', '-s', `${STRING_LENGTH_MAX}`, '-e', CALLS, '-o', file],
  })
  const tracer = tracerOf(service.pid)
  const clients = Array.from({ length: LANES }, () => new HttpClient(service.url))
  const writes = short ? WRITES_SHORT : WRITES
  try {
    await clients[0]?.done('tables', WRITTEN_TABLE_BODY)
    let started = 0
    await Promise.all(
      clients.map(async (client, lane) => {
        while (started < writes) await put(client, `lane-${lane}`, `marked-${started++}-`)
      }),
    )
  } finally {
    for (const client of clients) client.close()
    await service.stop()
    // The trace is whole only then.
    await untilGone(tracer)
  }
  const trace = new SyncTrace()
  for await (const line of createInterface({ input: createReadStream(file) })) trace.add(line)
  const { acknowledged, early } = trace
  const missing = writes - acknowledged
  return {
    value: early.length,
    target: `0 of ${writes} acknowledgements before their sync`,
    faults: [
      ...early.map((mark) => `${mark} was acknowledged before it was on disk`),
      ...(missing === 0 ? [] : [`${missing} acknowledgements are not in the trace`]),
    ],
    detail: { acknowledged, syncs: trace.syncs },
  }
}

function tracerOf(pid: number): number {
  return Number(/^TracerPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

async function put(client: HttpClient, lane: string, mark: string): Promise<void> {
  const item = { ...writtenKey(lane, mark), rank: { N: '1' } }
  await client.done(`tables/${WRITTEN_TABLE}/put_item`, { item })
}
