import { CROWDED_MACHINE } from '../../faults/figures/crowded-machine.ts'
import { testShortly } from '../../faults/short-figures.ts'
import { suite } from '../../support/suite.ts'

const test = suite('crowded machine')

testShortly(test, CROWDED_MACHINE)

test.run()
