import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startCassandra } from './cassandra.ts'
import { startDynamodbClients } from './downloads/dynamodb-clients.ts'
import { startDynamoDb } from './dynamodb-local/start.ts'
import { startKeystone } from './keystone.ts'
import { startMemcached } from './memcached.ts'
import type { Part, PartOptions } from './part.ts'
import { MissingPrerequisite } from './prerequisite.ts'

const PREREQUISITES_LIMIT_MS = 2_000
const STARTERS = {
  cassandra: startCassandra,
  dynamodb: startDynamoDb,
  dynamodb_clients: startDynamodbClients,
  keystone: startKeystone,
  memcached: startMemcached,
}

export type Stack = {
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/**
 * Starts all servers and clients in parallel, each with its own folder in `folder`, and reports
 * through `note` how each runs. If one fails, the others are stopped, and the error's message has a
 * line for each failure.
 */
export async function startStack(
  options: PartOptions & { note(line: string): void },
): Promise<Stack> {
  const failed = new AbortController()
  const signal = AbortSignal.any([options.signal, failed.signal])
  const told: string[] = []
  const starting = Object.entries(STARTERS).map(async ([name, start]) => {
    const folder = join(options.folder, name)
    await mkdir(folder)
    const since = performance.now()
    try {
      const part = await start({ folder, signal })
      const seconds = ((performance.now() - since) / 1000).toFixed(1)
      options.note(`${part.note}, ${seconds} s`)
      return part
    } catch (error) {
      // Later failures are caused by the abort.
      if (!signal.aborted) told.push(`${name}: ${messageOf(error)}`)
      // Gives the others time to report their own missing prerequisites.
      if (error instanceof MissingPrerequisite) await delay(PREREQUISITES_LIMIT_MS)
      failed.abort(error)
      throw error
    }
  })
  const outcomes = await Promise.allSettled(starting)
  const parts = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  )
  if (parts.length < starting.length) {
    await stopAll(parts)
    throw new Error(told.join('\n'))
  }
  return {
    environment: Object.assign({}, ...parts.map((part) => part.environment)),
    stop: () => stopAll(parts),
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function stopAll(parts: readonly Part[]): Promise<void> {
  const outcomes = await Promise.allSettled(parts.map((part) => part.stop()))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
}
