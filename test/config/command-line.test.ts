import * as assert from 'uvu/assert'
import { parseCommandLine, USAGE } from '../../src/config/command-line.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { test } from '../support/suite.ts'

test('the command line takes configuration files and folders in order', () => {
  assert.equal(parseCommandLine([]), { action: 'run', configPaths: [] })
  assert.equal(parseCommandLine(['--config-file', 'a', '--config-dir=d', '--config-file=b']), {
    action: 'run',
    configPaths: ['a', { folder: 'd' }, 'b'],
  })
})

test('--help and --version are recognized', () => {
  assert.is(parseCommandLine(['--help']).action, 'help')
  assert.is(parseCommandLine(['-h']).action, 'help')
  assert.is(parseCommandLine(['--config-file', 'a', '--version']).action, 'version')
  assert.is(parseCommandLine(['--help', '--version']).action, 'help')
})

test('an unknown argument is refused in one line', () => {
  const cases: [string[], string][] = [
    [['--config-fil', 'x'], 'unknown option "--config-fil" (did you mean "--config-file"?)'],
    [['-x'], 'unknown option "-x" (see --help)'],
    [['magnetodb.conf'], 'unexpected argument "magnetodb.conf" (see --help)'],
    [['--', '--help'], 'unexpected argument "--help" (see --help)'],
    [['--config-file'], '--config-file must be followed by a file name'],
    [['--config-file='], '--config-file must be followed by a file name'],
    [['--config-file', '--help'], '--config-file must be followed by a file name'],
    [['--config-dir'], '--config-dir must be followed by a folder name'],
    [['--config-dri', 'x'], 'unknown option "--config-dri" (did you mean "--config-dir"?)'],
    [['--help=yes'], '--help takes no value'],
    [['a\nb'], 'unexpected argument "a\\nb" (see --help)'],
  ]
  for (const [args, message] of cases) {
    let refused = 'accepted'
    try {
      parseCommandLine(args)
    } catch (error) {
      assert.instance(error, ConfigError)
      refused = (error as ConfigError).message
    }
    assert.is(refused, message)
  }
})

test('the usage text names every option', () => {
  for (const name of ['--config-file', '--config-dir', '--help', '--version'])
    assert.match(USAGE, name)
})

test.run()
