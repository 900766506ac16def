import { suite } from 'uvu'
import { KEYSTONE_OUTAGE } from '../../faults/figures/keystone-outage.ts'
import { testShortly } from '../../faults/short-figures.ts'

const test = suite('faults of Keystone')

testShortly(test, KEYSTONE_OUTAGE)

test.run()
