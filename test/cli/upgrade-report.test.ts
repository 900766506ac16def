import * as assert from 'uvu/assert'
import { type CheckResult, gravest, jsonReport, tableReport } from '../../src/cli/upgrade-report.ts'
import { test } from '../support/suite.ts'

const RESULTS: readonly CheckResult[] = [
  { check: 'Configuration', code: 0, details: null },
  {
    check: 'Policy Files',
    code: 1,
    details: '/etc/magnetodb/policy.yaml:3: mdb:put_itme: no operation asks for it; and some more',
  },
  {
    check: 'Storage',
    code: 2,
    details: `cannot open the storage cassandra: ${'a'.repeat(90)} end`,
  },
]

/** The output of oslo.upgradecheck 2.7 for these results. */
const TABLE = `\
+-----------------------------------------------------------------------+
| Upgrade Check Results                                                 |
+-----------------------------------------------------------------------+
| Check: Configuration                                                  |
| Result: Success                                                       |
| Details: None                                                         |
+-----------------------------------------------------------------------+
| Check: Policy Files                                                   |
| Result: Warning                                                       |
| Details: /etc/magnetodb/policy.yaml:3: mdb:put_itme: no operation     |
|   asks for it; and some more                                          |
+-----------------------------------------------------------------------+
| Check: Storage                                                        |
| Result: Failure                                                       |
| Details: cannot open the storage cassandra: aaaaaaaaaaaaaaaaaaaaaaaaa |
|   aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa          |
|   aaaaaaa end                                                         |
+-----------------------------------------------------------------------+
`

test('upgrade check results are printed as oslo.upgradecheck prints them', () => {
  assert.is(tableReport(RESULTS), TABLE)
})

test("upgrade check results have oslo.upgradecheck's JSON", () => {
  const [first] = RESULTS
  assert.equal(JSON.parse(jsonReport(RESULTS.slice(0, 1))), {
    name: 'Upgrade Check Results',
    checks: [{ check: first?.check, result: 0, details: null }],
  })
})

test('the exit code is that of the worst result', () => {
  assert.is(gravest(RESULTS), 2)
  assert.is(gravest(RESULTS.slice(0, 2)), 1)
  assert.is(gravest(RESULTS.slice(0, 1)), 0)
})

test.run()
