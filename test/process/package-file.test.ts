import * as assert from 'uvu/assert'
import { isInRange, packageFile } from '../../src/process/package-file.ts'
import { test } from '../support/suite.ts'

const VERSIONS: readonly (readonly [version: string, isSupported: boolean])[] = [
  ['12.22.12', false],
  ['18.20.8', false],
  ['20.19.0', false],
  ['20.20.1', false],
  ['20.20.2', true],
  ['20.21.0', true],
  ['21.7.3', false],
  ['22.22.1', false],
  ['22.22.2', true],
  ['22.100.0', true],
  ['23.11.1', false],
  ['24.9.9', false],
  ['24.14.1', true],
  ['25.0.0', true],
  ['100.1.0', true],
]

for (const [version, isSupported] of VERSIONS) {
  test(`Node.js ${version} is ${isSupported ? '' : 'not '}supported`, () => {
    assert.is(isInRange(version, packageFile().engines.node), isSupported)
  })
}

test.run()
