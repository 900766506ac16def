import { HOSTILE_INPUT_LMDB, HOSTILE_INPUT_MEMORY } from '../../faults/figures/hostile-input.ts'
import { SLOW_CLIENTS } from '../../faults/figures/slow-clients.ts'
import { testShortly } from '../../faults/short-figures.ts'
import { suite } from '../../support/suite.ts'

const test = suite('hostile callers')

const FIGURES = [HOSTILE_INPUT_LMDB, HOSTILE_INPUT_MEMORY, SLOW_CLIENTS]
for (const figure of FIGURES) testShortly(test, figure)

test.run()
