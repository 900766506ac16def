import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import {
  JOB_EPOCHS_TABLE_ID,
  JOB_HEADS_TABLE_ID,
} from '../../../src/engine/format/system-tables.ts'
import type { Commit, CommitResult, StorageDriver } from '../../../src/storage/driver.ts'
import { seeded } from '../../seeded.ts'
import { suite } from '../../support/suite.ts'
import { type ModelOptions, type PlantedBug, playLedger } from './ledger-model.ts'

const test = suite('model of the job ledger')

const MANY: ModelOptions = { adders: 8, workers: 3, jobs: 1_000, sealOneIn: 4 }
/** Few jobs, so that epochs are often empty. */
const FEW: ModelOptions = { adders: 4, workers: 2, jobs: 500, sealOneIn: 3 }
/** Runs after which a planted bug counts as not found. */
const RUNS_MAX = 6
const GAP_MS = 25
const MARKER = Buffer.from([1])

for (const [what, size] of [
  ['many at once', MANY],
  ['few at once', FEW],
] as const) {
  test(`no acknowledged job is lost to deaths, timeouts or late writes: ${what}`, async () => {
    const result = await playLedger(seeded('ledger'), size)
    assert.equal(result.lost, [])
    assert.ok(result.acknowledged > size.jobs / 2, `${result.acknowledged} acknowledged`)
    for (const event of ['kills', 'unknown', 'dropped'] as const) {
      assert.ok(result[event] > 5, `${event}: ${result[event]}`)
    }
  })
}

function isMarker({ sort }: { readonly sort: Buffer }): boolean {
  return sort.equals(MARKER)
}

function isOpening({ require }: Commit): boolean {
  return require.some((each) => isMarker(each) && each.version === null)
}

const PLANTED: readonly (readonly [string, PlantedBug])[] = [
  [
    'jobs are added without requiring the marker',
    (driver) => {
      const { commit } = driver
      return Object.assign(driver, {
        commit: (...[table, partition, whole, deadline]: Parameters<StorageDriver['commit']>) => {
          const rows = whole.require.filter((each) => !isMarker(each))
          const isAdding = table.equals(JOB_EPOCHS_TABLE_ID) && rows.length > 0
          const require = isAdding ? rows : whole.require
          return commit(table, partition, { ...whole, require }, deadline)
        },
      })
    },
  ],
  [
    'an epoch is dropped for what was there before its seal',
    (driver) => {
      const { slice } = driver
      return Object.assign(driver, {
        slice: async (...call: Parameters<StorageDriver['slice']>) => {
          const before = await slice(...call)
          if (!call[0].equals(JOB_EPOCHS_TABLE_ID)) return before
          await delay(GAP_MS)
          const after = await slice(...call)
          const jobs = before.rows.filter((row) => !isMarker(row))
          return { rows: [...after.rows.filter(isMarker), ...jobs], more: false }
        },
      })
    },
  ],
  [
    'a head names an epoch before it is there',
    (driver) => {
      const { commit } = driver
      let opening: (() => Promise<CommitResult>) | undefined
      return Object.assign(driver, {
        commit: async (...call: Parameters<StorageDriver['commit']>) => {
          const [table, , whole] = call
          if (table.equals(JOB_EPOCHS_TABLE_ID) && isOpening(whole)) {
            opening = () => commit(...call)
            return { outcome: 'applied' } as const
          }
          const result = await commit(...call)
          if (table.equals(JOB_HEADS_TABLE_ID) && opening) {
            await delay(GAP_MS)
            let made = await opening()
            while (made.outcome === 'unknown') made = await opening()
            opening = undefined
          }
          return result
        },
      })
    },
  ],
]

for (const [what, plant] of PLANTED) {
  test(`control: the ledger model detects a planted bug: ${what}`, async () => {
    let lost = 0
    for (let runs = 0; runs < RUNS_MAX && lost === 0; runs++) {
      const result = await playLedger(seeded(what), { ...FEW, plant })
      lost += result.lost.length
    }
    assert.ok(lost > 0)
  })
}

test.run()
