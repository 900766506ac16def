import { suite } from 'uvu'
import { OVERLOAD } from '../../faults/figures/overload.ts'
import { testControls, testShortly } from '../../faults/short-figures.ts'

const test = suite('overload')

testShortly(test, OVERLOAD)
testControls(test, OVERLOAD)

test.run()
