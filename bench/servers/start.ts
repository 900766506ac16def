import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MissingPrerequisite } from '../../test/stack/prerequisite.ts'
import { startBare } from './bare.ts'
import type { BenchServer, StartOptions } from './bench-server.ts'
import { startOnCassandra } from './cassandra.ts'
import { startDynalite } from './dynalite.ts'
import { startDynamodbApi, startMagnetodb, startSignedApi } from './magnetodb.ts'

const STARTERS = {
  bare: startBare,
  memory: () => startMagnetodb('memory'),
  lmdb: () => startMagnetodb('lmdb'),
  dynamodb: startDynamodbApi,
  signed: startSignedApi,
  cassandra: startOnCassandra,
  dynalite: startDynalite,
} satisfies Record<string, (options: StartOptions) => Promise<BenchServer>>

export type ServerName = keyof typeof STARTERS
export const SERVER_NAMES = Object.keys(STARTERS) as ServerName[]

/** Starts the named servers and adds them to `servers`, which the caller must stop even if this
 * fails. Skips a server that lacks a prerequisite, and prints a line about it. */
export async function startServers(
  names: readonly ServerName[],
  servers: BenchServer[],
  options: StartOptions & { note(line: string): void },
): Promise<void> {
  for (const name of names) {
    const folder = join(options.folder, name)
    await mkdir(folder)
    try {
      servers.push(await STARTERS[name]({ folder, signal: options.signal }))
    } catch (error) {
      if (!(error instanceof MissingPrerequisite)) throw error
      options.note(`without ${name}: ${error.message}`)
    }
  }
}
