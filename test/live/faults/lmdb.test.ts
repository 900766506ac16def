import { ACK_AFTER_SYNC } from '../../faults/figures/ack-after-sync.ts'
import { LOST_WRITES_LMDB } from '../../faults/figures/lost-writes.ts'
import { SWAPS_LMDB } from '../../faults/figures/swaps.ts'
import { WORKER_CHURN_LMDB } from '../../faults/figures/worker-churn.ts'
import { testControl, testShortly } from '../../faults/short-figures.ts'
import { findProgram } from '../../stack/prerequisite.ts'
import { suite } from '../../support/suite.ts'

const test = suite('faults on LMDB')

const figures = [LOST_WRITES_LMDB, SWAPS_LMDB, WORKER_CHURN_LMDB]
if (findProgram('strace')) figures.push(ACK_AFTER_SYNC)
else test.skip(`no ${ACK_AFTER_SYNC.shows}: strace is missing`)

for (const figure of figures) testShortly(test, figure)
testControl(test, LOST_WRITES_LMDB, 'early-acknowledgement')

test.run()
