import { suite } from 'uvu'
import { CACHE_OUTAGE } from '../../faults/figures/cache-outage.ts'
import { KEYSTONE_OUTAGE } from '../../faults/figures/keystone-outage.ts'
import { testShortly } from '../../faults/short-figures.ts'

const test = suite('faults of Keystone and memcached')

for (const figure of [KEYSTONE_OUTAGE, CACHE_OUTAGE]) testShortly(test, figure)

test.run()
