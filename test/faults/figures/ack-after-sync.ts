import { createReadStream, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { requireProgram } from '../../stack/prerequisite.ts'
import { atOnce, below } from '../../support/at-once.ts'
import { untilGone } from '../../support/service.ts'
import { type Figure, violated } from '../figure.ts'
import { type Services, withServices } from '../figure-service.ts'
import { readSyncTrace } from '../sync-trace.ts'
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
    const trace = async ([service]: Services) => {
      const tracing = tracerOf(service.pid)
      const client = service.client()
      await client.done('tables', WRITTEN_TABLE_BODY)
      const clients = service.clients(LANES)
      const numbers = below(writes).values()
      await atOnce(LANES, clients.entries(), ([lane, own]) =>
        atOnce(1, numbers, (n) => {
          const key = writtenKey(`lane-${lane}`, `marked-${n}-`)
          return own.done(PUT, { item: { ...key, rank: { N: '1' } } })
        }),
      )
      return tracing
    }
    const config = { DEFAULT: { workers: 1 } }
    const startedBy = [strace, '-D', '-f', '-qq', ...shown]
    const tracer = await withServices(1, config, options, trace, { startedBy })
    // The trace is complete only after the tracer has ended.
    await untilGone(tracer)
    const lines = createInterface({ input: createReadStream(file) })
    const { acknowledged, early, syncs } = await readSyncTrace(lines)
    const missing = writes - acknowledged
    return {
      value: early.length,
      target: `0 of ${writes} acknowledgements before their sync`,
      faults: [
        ...early.map((mark) => `${mark} was acknowledged before it was on disk`),
        ...violated({ [`${missing} acknowledgements are not in the trace`]: missing !== 0 }),
      ],
      detail: { acknowledged, syncs },
    }
  },
}

function tracerOf(pid: number): number {
  return Number(/^TracerPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
