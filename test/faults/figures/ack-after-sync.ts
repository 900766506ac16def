import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { requireProgram } from '../../stack/prerequisite.ts'
import { untilGone } from '../../support/service.ts'
import type { Figure } from '../figure.ts'
import { withService } from '../figure-service.ts'
import { SyncTrace } from '../sync-trace.ts'
import { PUT, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'

const LANES = 4
const WRITES = 200
const WRITES_SHORT = 60
/** Characters of a string in the trace, more than a transaction's pages have. */
const STRING_LENGTH_MAX = 1_000_000
const CALLS = 'read,write,writev,pwrite64,pwritev,fdatasync,fsync,openat,close'

/** Traces system calls, to see what was written and synced before each acknowledgement. */
export const ACK_AFTER_SYNC: Figure = {
  name: '1b',
  shows: 'acknowledgements that leave before their transaction is on disk',
  controls: ['no-sync'],
  async measure(options) {
    const strace = requireProgram('strace', 'install it (Debian, Ubuntu: apt-get install strace)')
    const file = join(options.folder, 'trace')
    const shown = ['-s', `${STRING_LENGTH_MAX}`, '-e', CALLS, '-o', file]
    const writes = options.short ? WRITES_SHORT : WRITES
    const tracer = await withService(
      { DEFAULT: { workers: 1 } },
      options,
      async (service) => {
        const tracing = tracerOf(service.pid)
        await service.client().done('tables', WRITTEN_TABLE_BODY)
        let started = 0
        const put = async (lane: number) => {
          const client = service.client()
          while (started < writes) {
            const key = writtenKey(`lane-${lane}`, `marked-${started++}-`)
            await client.done(PUT, { item: { ...key, rank: { N: '1' } } })
          }
        }
        await Promise.all(Array.from({ length: LANES }, (_, lane) => put(lane)))
        return tracing
      },
      { startedBy: [strace, '-D', '-f', '-qq', ...shown] },
    )
    // The trace is complete only after the tracer has ended.
    await untilGone(tracer)
    const trace = new SyncTrace()
    for await (const line of createInterface({ input: createReadStream(file) })) trace.add(line)
    const { acknowledged, early, syncs } = trace
    const missing = writes - acknowledged
    return {
      value: early.length,
      target: `0 of ${writes} acknowledgements before their sync`,
      faults: [
        ...early.map((mark) => `${mark} was acknowledged before it was on disk`),
        ...(missing === 0 ? [] : [`${missing} acknowledgements are not in the trace`]),
      ],
      detail: { acknowledged, syncs },
    }
  },
}

function tracerOf(pid: number): number {
  return Number(/^TracerPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
