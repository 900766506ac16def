import { suite } from 'uvu'
import { HOSTILE_INPUT } from '../../faults/figures/hostile-input.ts'
import { SLOW_CLIENTS } from '../../faults/figures/slow-clients.ts'
import { testShortly } from '../../faults/short-figures.ts'

const test = suite('hostile callers')

for (const figure of [HOSTILE_INPUT, SLOW_CLIENTS]) testShortly(test, figure)

test.run()
