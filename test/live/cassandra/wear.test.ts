import { suite } from 'uvu'
import { WEAR } from '../../faults/figures/wear.ts'
import { testShortly } from '../../faults/short-figures.ts'

const test = suite('wear on cassandra')

testShortly(test, WEAR)

test.run()
