import { suite } from 'uvu'
import { NOISY_NEIGHBOUR } from '../../faults/figures/noisy-neighbour.ts'
import { testShortly } from '../../faults/short-figures.ts'

const test = suite('noisy neighbour')

testShortly(test, NOISY_NEIGHBOUR)

test.run()
