import { WEAR } from '../../faults/figures/wear.ts'
import { testShortly } from '../../faults/short-figures.ts'
import { suite } from '../../support/suite.ts'

const test = suite('wear on cassandra')

testShortly(test, WEAR)

test.run()
