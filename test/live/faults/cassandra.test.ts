import { LOST_WRITES_CASSANDRA } from '../../faults/figures/lost-writes.ts'
import { SWAPS_CASSANDRA } from '../../faults/figures/swaps.ts'
import { testShortly } from '../../faults/short-figures.ts'
import { suite } from '../../support/suite.ts'

const test = suite('faults on Cassandra')

for (const figure of [LOST_WRITES_CASSANDRA, SWAPS_CASSANDRA]) testShortly(test, figure)

test.run()
