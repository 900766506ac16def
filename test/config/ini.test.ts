import * as assert from 'uvu/assert'
import { ConfigError } from '../../src/config/config-error.ts'
import { parseIni } from '../../src/config/ini.ts'
import { stopwatch } from '../scheduled-time.ts'
import { test } from '../support/suite.ts'

test('an INI file keeps every assignment with its line number', () => {
  const sections = parseIni('[a]\nx = 1\n\n[b]\nx = 2\n[a]\nx = 3\n 4\n', 'some.conf')
  assert.equal(sections.get('a')?.get('x'), [
    { text: '1', where: 'some.conf:2' },
    { text: '3\n4', where: 'some.conf:7' },
  ])
  assert.equal(sections.get('b')?.get('x'), [{ text: '2', where: 'some.conf:5' }])
})

test('an INI error names the line and does not quote it', () => {
  const cases: [string, string][] = [
    ['[DEFAULT]\nhunter2\n', 'some.conf:2: expected "option = value"'],
    ['hunter2 = 1\n', 'some.conf:1: an option before any [section]'],
    ['\n  hunter2\n', 'some.conf:2: unexpected indented line'],
    ['[DEFAULT\n', 'some.conf:1: a section line must end with "]"'],
    ['[]\n', 'some.conf:1: empty section name'],
    ['[a]\n: hunter2\n', 'some.conf:2: no option name before the ":"'],
  ]
  for (const [text, message] of cases) {
    assert.throws(
      () => parseIni(text, 'some.conf'),
      (error: unknown) => error instanceof ConfigError && error.message === message,
      text,
    )
  }
})

test('a long INI file is read in linear time', () => {
  const lines = Array.from({ length: 100_000 }, (_, index) => `option${index} = ${index}`)
  const watch = stopwatch()
  const sections = parseIni(`[a]\n${lines.join('\n')}`, 'long.conf')
  assert.is(sections.get('a')?.size, 100_000)
  assert.ok(watch() < 5_000)
})

test.run()
