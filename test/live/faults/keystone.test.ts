import { CACHE_OUTAGE } from '../../faults/figures/cache-outage.ts'
import { KEYSTONE_OUTAGE } from '../../faults/figures/keystone-outage.ts'
import { SECRET_HYGIENE } from '../../faults/figures/secret-hygiene.ts'
import { testShortly } from '../../faults/short-figures.ts'
import { suite } from '../../support/suite.ts'

const test = suite('faults of Keystone and memcached')

for (const figure of [KEYSTONE_OUTAGE, CACHE_OUTAGE, SECRET_HYGIENE]) testShortly(test, figure)

test.run()
