import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { parsePolicyFile } from '../../src/policy/policy-file.ts'
import { samplePolicy } from '../../src/policy/sample.ts'
import { policySample, RULE_DEFAULTS } from '../../src/service/policy-options.ts'
import { test } from '../support/suite.ts'

test('the committed sample is current (npm run policy-sample writes it)', () => {
  assert.is(readFileSync('etc/policy.yaml.sample', 'utf8'), policySample())
})

test('the policy sample, as it is, changes nothing', () => {
  assert.equal(parsePolicyFile(policySample(), 'sample'), [])
})

test("the policy sample's defaults, uncommented, change nothing", () => {
  const uncommented = policySample().replace(/^#(?=")/gm, '')
  assert.equal(
    parsePolicyFile(uncommented, 'sample').map(({ name, checkStr }) => ({ name, checkStr })),
    RULE_DEFAULTS.map(({ name, checkStr }) => ({ name, checkStr })),
  )
})

test("the policy sample describes rules in oslo.policy's form", () => {
  const rule = {
    name: 'mdb:x',
    checkStr: '@',
    description: `Long ${'words '.repeat(12)}end`,
    operations: [
      { method: 'GET', path: '/x' },
      { method: 'HEAD', path: '/x' },
    ],
    scopeTypes: ['project' as const],
  }
  assert.is(
    samplePolicy([rule]),
    `# Long words words words words words words words words words words
# words words end
# GET  /x
# HEAD  /x
# Intended scope(s): project
#"mdb:x": "@"

`,
  )
})

test.run()
