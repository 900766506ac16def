import { join } from 'node:path'
import { verify } from './post.ts'
import { processorTimeUs } from './processor-time.ts'
import type { BenchServer } from './servers/bench-server.ts'
import { hotItem, hotPartition, OPERATIONS, type Workload, workloadOf } from './workload.ts'
import { type Load, runWrk, type WrkOptions, writeScript } from './wrk.ts'

/** One operation of one server. */
export interface Rung {
  readonly operation: string
  readonly server: BenchServer
  readonly workload: Workload
  /** Whether answers of status 500 are counted, which slows wrk. */
  readonly countsUnknown: boolean
}

export const HOT_PARTITION = 'PutItem, one partition'
export const HOT_ITEM = 'ADD 1, one item'

export function rungsOf(servers: readonly BenchServer[]): Rung[] {
  const rungs: Rung[] = OPERATIONS.flatMap((operation) =>
    servers.map((server) => ({
      operation,
      server,
      workload: workloadOf(operation, server.wire),
      countsUnknown: false,
    })),
  )
  const cassandra = servers.find(({ name }) => name === 'cassandra')
  if (!cassandra) return rungs
  const hot = { server: cassandra, countsUnknown: true }
  return [
    ...rungs,
    { ...hot, operation: HOT_PARTITION, workload: hotPartition(cassandra.wire) },
    { ...hot, operation: HOT_ITEM, workload: hotItem(cassandra.wire) },
  ]
}

export type Sample = Load & {
  readonly requestsPerSecond: number
  /** Microseconds of CPU time per request, of all the server's processes. */
  readonly cpuUs: number
}

export interface Runner {
  readonly rung: Rung
  run(seconds: number): Promise<Sample>
}

/** Checks a rung's answers and prepares its load. */
export async function prepare(
  rung: Rung,
  index: number,
  options: Omit<WrkOptions, 'seconds'>,
): Promise<Runner> {
  const { server, workload, countsUnknown } = rung
  await verify(server.url, workload)
  const script = join(options.folder, `rung-${index}.lua`)
  await writeScript(script, workload.calls, { countsUnknown })
  return {
    rung,
    async run(seconds) {
      const before = processorTimeUs(server.pid)
      const load = await runWrk(server.url, script, { ...options, seconds })
      const usedUs = processorTimeUs(server.pid) - before
      if (server.expires && load.failed > load.requests / 2) {
        throw new Error(`the requests of ${server.name} have expired: use fewer rounds`)
      }
      return {
        ...load,
        requestsPerSecond: load.requests / load.seconds,
        cpuUs: usedUs / load.requests,
      }
    },
  }
}
