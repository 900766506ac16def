import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { OPTION_GROUPS } from '../../src/config/option-groups.ts'
import { readOptions } from '../../src/config/read-options.ts'
import { sampleConfig } from '../../src/config/sample.ts'
import { test } from '../support/suite.ts'

test('the committed sample is current (npm run config-sample writes it)', () => {
  assert.is(readFileSync('etc/magnetodb.conf.sample', 'utf8'), sampleConfig())
})

test('the sample configuration, as it is, sets only defaults', () => {
  const text = sampleConfig()
  assert.equal(
    readOptions(OPTION_GROUPS, [{ name: 'sample', text }]),
    readOptions(OPTION_GROUPS, []),
  )
})

test("the sample's defaults, uncommented, are valid and change nothing", () => {
  const lines = sampleConfig().split('\n')
  const uncommented = lines.map((line) => (/^#\w+ = [^<]/.test(line) ? line.slice(1) : line))
  assert.ok(uncommented.filter((line) => / = /.test(line) && !line.startsWith('#')).length > 20)
  const text = uncommented.join('\n')
  assert.equal(
    readOptions(OPTION_GROUPS, [{ name: 'sample', text }]),
    readOptions(OPTION_GROUPS, []),
  )
})

test("the sample describes options in oslo.config's form", () => {
  assert.match(
    sampleConfig(),
    `# Port to listen on. 0 takes any free port, which is printed at the start.
# (port value)
# Minimum value: 0
# Maximum value: 65535
#bind_port = 8480
`,
  )
})

test.run()
