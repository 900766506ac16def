/**
 * The service with a bug planted into it, in every process; MAGNETODB_TEST_BUG says which. Import
 * only types from here: the module starts the service.
 */
import cluster from 'node:cluster'
import crypto from 'node:crypto'
import { openSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from '../../src/admission/pool.ts'
import { ShareQueue } from '../../src/admission/share-queue.ts'
import { WorkTurns } from '../../src/admission/work-turns.ts'
import { BodyReceiver } from '../../src/http/body.ts'
import { RequestQueue } from '../../src/http/connections/request-queue.ts'
import { IdentityUnavailableError, UnauthorizedError } from '../../src/identity/errors.ts'
import { RevocationPoller } from '../../src/identity/keystone/revocation/poller.ts'
import { TokenCache } from '../../src/identity/keystone/tokens/token-cache.ts'
import { TokenVerifier } from '../../src/identity/keystone/tokens/token-verifier.ts'
import { finished, type Steps } from '../../src/model/steps.ts'
import { CassandraDriver } from '../../src/storage/cassandra/driver.ts'
import type { Commit, CommitResult, Row, StorageDriver } from '../../src/storage/driver.ts'
import { LmdbDriver } from '../../src/storage/lmdb/driver.ts'
import { isOfTenant } from '../engine/engine-fixture.ts'

const EVERY = 40
const EARLY_MS = 50
const STRETCH_MS = 10
/** The flag of this name in LMDB's C API. */
const MDB_NOSYNC = 0x10000

const DRIVERS: readonly Pick<StorageDriver, 'commit' | 'get'>[] = [
  LmdbDriver.prototype,
  CassandraDriver.prototype,
]

let calls = 0

/** Whether the bug affects this call: one of every `EVERY`. */
function isChosen(table: Buffer): boolean {
  return isOfTenant(table) && ++calls % EVERY === 0
}

/** Bugs that are planted into each process of the service, to show that a figure finds them. */
export const SERVICE_BUGS = {
  'budget-per-operation': () => {
    // Each operation runs for a while in every turn.
    WorkTurns.prototype.finish = (_share, steps) => inStretches(steps)
    WorkTurns.prototype.turn = () => new Promise((resolve) => setImmediate(resolve))
  },
  'denied-outage': () => {
    const { verify } = TokenVerifier.prototype
    TokenVerifier.prototype.verify = async function (...args) {
      try {
        return await verify.apply(this, args)
      } catch (error) {
        throw error instanceof IdentityUnavailableError ? new UnauthorizedError() : error
      }
    }
  },
  'dropped-acknowledgement': inCommits(async (commit, table) =>
    isChosen(table) ? APPLIED : commit(),
  ),
  'early-acknowledgement': inCommits(async (commit, table) => {
    if (!isOfTenant(table)) return commit()
    const later = delay(EARLY_MS).then(commit)
    later.catch(() => {})
    return APPLIED
  }),
  'flipped-acknowledgement': inCommits(async (commit, table, what) => {
    const result = await commit()
    return result.outcome === 'applied' && isChosen(table) ? refusal(what) : result
  }),
  'forgeable-entries': () => {
    crypto.timingSafeEqual = () => true
    syncBuiltinESMExports()
  },
  'leaked-descriptors': () => {
    const { release } = BodyReceiver.prototype
    BodyReceiver.prototype.release = function (...args) {
      if (++calls % EVERY === 0) openSync('/dev/null', 'r')
      release.apply(this, args)
    }
  },
  'no-pauses': () => {
    WorkTurns.prototype.finish = (_share, steps) => finished(steps)
  },
  'no-refusals': () => {
    RequestQueue.prototype.admit = () => 'serve'
  },
  'no-sync': async () => {
    // An undocumented module of the package lmdb.
    const native = await import(new URL('native.js', import.meta.resolve('lmdb')).href)
    native.nativeAddon.Env = class extends native.nativeAddon.Env {
      open(options: unknown, flags: number, ...rest: readonly unknown[]): number {
        return super.open(options, flags | MDB_NOSYNC, ...rest)
      }
    }
    native.setNativeFunctions(native.nativeAddon)
  },
  'one-pot': () => {
    Pool.prototype.isShareFull = () => false
    const { push, take } = ShareQueue.prototype
    ShareQueue.prototype.push = function (_share, element) {
      push.call(this, 'all', element)
    }
    ShareQueue.prototype.take = function (mayGo = () => true) {
      return take.call(this, (_share, element) => mayGo('all', element))
    }
  },
  'stale-read': () => {
    for (const driver of DRIVERS) {
      const { get } = driver
      const seen = new Map<string, Row | null>()
      driver.get = async function (table, partition, sort, read) {
        const row = await get.call(this, table, partition, sort, read)
        const key = Buffer.concat([table, partition, sort]).toString('latin1')
        const old = seen.get(key)
        if (old !== undefined && isChosen(table)) return old
        seen.set(key, row)
        return row
      }
    }
  },
  'told-tokens': () => {
    const { verify } = TokenVerifier.prototype
    TokenVerifier.prototype.verify = function (header, use) {
      process.stderr.write(`verifies ${header?.slice(-20)}\n`)
      return verify.call(this, header, use)
    }
  },
  'uncached-tokens': () => {
    TokenCache.prototype.get = () => undefined
  },
  'undrained-exit': () => {
    if (cluster.isWorker) process.on('SIGTERM', () => process.kill(process.pid, 'SIGKILL'))
  },
  'untold-revocations': () => {
    RevocationPoller.prototype.start = () => Promise.resolve()
  },
} satisfies Record<string, () => void | Promise<void>>

async function inStretches<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const until = performance.now() + STRETCH_MS
    while (performance.now() < until) {
      const step = steps.next()
      if (step.done) return step.value
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Wraps the commits of all drivers. */
function inCommits(
  way: (commit: () => Promise<CommitResult>, table: Buffer, what: Commit) => Promise<CommitResult>,
): () => void {
  return () => {
    for (const driver of DRIVERS) {
      const { commit } = driver
      driver.commit = function (table, partition, what, deadline) {
        return way(() => commit.call(this, table, partition, what, deadline), table, what)
      }
    }
  }
}

const APPLIED: CommitResult = { outcome: 'applied' }

/** The result of a commit that lost a race. */
function refusal({ require }: Commit): CommitResult {
  const version = Buffer.alloc(16, 1)
  return { outcome: 'refused', current: require.map(({ sort }) => ({ sort, version, lock: null })) }
}

const bug = Object.entries(SERVICE_BUGS).find(([name]) => name === process.env.MAGNETODB_TEST_BUG)
await bug?.[1]()
await import('../../src/main.ts')
