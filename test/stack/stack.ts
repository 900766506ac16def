import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { startCassandra } from './cassandra.ts'
import { startKeystone } from './keystone.ts'
import { startMemcached } from './memcached.ts'
import type { Part, PartOptions } from './part.ts'
import { MissingPrerequisite } from './prerequisite.ts'

const STARTERS = { cassandra: startCassandra, keystone: startKeystone, memcached: startMemcached }

export type Stack = {
  readonly environment: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/**
 * Brings up Cassandra, Keystone and memcached at once, a folder for each below `folder`, telling
 * of each through `note` how it runs. When one of them fails the others are stopped again, and
 * the error lists all that failed, a line for each prerequisite that is missing.
 */
export async function startStack(
  options: PartOptions & { note(line: string): void },
): Promise<Stack> {
  const failed = new AbortController()
  const signal = AbortSignal.any([options.signal, failed.signal])
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
      // A missing prerequisite is told at once and together with any other that is missing.
      if (!(error instanceof MissingPrerequisite)) failed.abort(error)
      throw new Error(describe(name, error), { cause: error })
    }
  })
  const outcomes = await Promise.allSettled(starting)
  const parts = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  )
  const errors = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [String(outcome.reason.message)] : [],
  )
  if (errors.length > 0) {
    await stopAll(parts)
    throw new Error(errors.join('\n'))
  }
  return {
    environment: Object.assign({}, ...parts.map((part) => part.environment)),
    stop: () => stopAll(parts),
  }
}

function describe(name: string, error: unknown): string {
  const told = error instanceof Error ? error.message : String(error)
  return `${name}: ${told}`
}

async function stopAll(parts: readonly Part[]): Promise<void> {
  const outcomes = await Promise.allSettled(parts.map((part) => part.stop()))
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw outcome.reason
  }
}
