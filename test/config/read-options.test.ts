import * as assert from 'uvu/assert'
import { ConfigError } from '../../src/config/config-error.ts'
import type { Environment } from '../../src/config/environment.ts'
import { option } from '../../src/config/option.ts'
import { readOptions } from '../../src/config/read-options.ts'
import { boolean, float, integer, list, string } from '../../src/config/value-type.ts'
import { readJson } from '../stack/project.ts'
import { suite } from '../support/suite.ts'

const anyText = string(/^/)
const text = (secret = false) => option(anyText, { help: 'Text.', secret })
const GROUPS = {
  DEFAULT: {
    help: 'The default group.',
    options: {
      a: text(),
      b: text(),
      c: text(),
      n: option(integer({ max: 1000 }), { default: 5, help: 'A number.' }),
      m: option(integer(), { help: 'A number.' }),
      flag: option(boolean(), { default: true, help: 'A flag.' }),
      f: option(float(), { default: 0.5, help: 'A fraction.' }),
      l: option(list(anyText), { default: ['d1', 'd2'], help: 'A list.' }),
    },
  },
  g: {
    help: 'Another group.',
    options: {
      x: text(),
      y: option(anyText, { help: 'Text.', deprecatedNames: ['old_y', 'oldest_y'] }),
      a: text(),
      pass_word: text(true),
      other_pass: text(true),
      secret_number: option(integer({ max: 9 }), { help: 'A secret.', secret: true }),
    },
    unused: { unused_one: 'nobody asks for it' },
  },
}

function sources(files: readonly string[]) {
  return files.map((content, index) => ({ name: `file${index + 1}`, text: content }))
}

function read(...files: string[]) {
  return readOptions(GROUPS, sources(files)).options
}

function withVariables(environment: Environment, ...files: string[]) {
  return readOptions(GROUPS, sources(files), environment).options
}

function refusal(...files: string[]): string {
  return refusalOf(() => read(...files))
}

function refusalOf(reading: () => unknown): string {
  try {
    reading()
  } catch (error) {
    assert.instance(error, ConfigError)
    return (error as ConfigError).message
  }
  throw new Error('accepted')
}

/** The values that differ from the default, with the names that the vectors use. */
function changedValues(content: string): Record<string, unknown> {
  const changed: Record<string, unknown> = {}
  const config = read(content)
  const unset = read('')
  for (const [section, values] of Object.entries(config)) {
    const defaults: Record<string, unknown> = unset[section as keyof typeof unset]
    for (const [name, value] of Object.entries(values)) {
      const key = section === 'DEFAULT' ? name : `${section}.${name}`
      if (JSON.stringify(value) !== JSON.stringify(defaults[name])) changed[key] = value
    }
  }
  return changed
}

/**
 * Results of oslo.config 10.7.0 for small files, recorded with these options: DEFAULT a, b, c
 * (string), n (integer, 5), m (integer), flag (boolean, true), f (float, 0.5), l (list, d1,d2);
 * group g: x, y, a (string). Values equal to a default are left out. A section [DEFAULT] precedes
 * each text unless the text starts with a section or `!`.
 */
const VECTORS: readonly { text: string; values: Record<string, unknown> | 'refused' }[] = readJson(
  'test/config/oslo-vectors.json',
)

const vectors = suite('as oslo.config reads it')
for (const { text: snippet, values } of VECTORS) {
  const file = snippet.startsWith('!')
    ? snippet.slice(1)
    : snippet.startsWith('[')
      ? snippet
      : `[DEFAULT]\n${snippet}`
  vectors(JSON.stringify(file), () => {
    if (values === 'refused') refusal(file)
    else assert.equal(changedValues(file), values)
  })
}
vectors.run()

const test = suite('readOptions')

test('without a file options have their defaults, frozen', () => {
  const config = read()
  assert.is(config.DEFAULT.n, 5)
  assert.is(config.DEFAULT.m, undefined)
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.DEFAULT))
})

test('the later file wins, option by option', () => {
  const config = read('[DEFAULT]\na = 1\nb = 1\n', '[DEFAULT]\nb = 2\n')
  assert.is(config.DEFAULT.a, '1')
  assert.is(config.DEFAULT.b, '2')
})

test('an empty value is unset, or refused if the option has a default', () => {
  assert.is(read('[DEFAULT]\na =\nm =\n').DEFAULT.a, undefined)
  assert.is(
    refusal('[DEFAULT]\nn =\n'),
    'file1:2: [DEFAULT] n = "": must be an integer, at most 1000',
  )
})

test('deprecated option names work, and the current name wins', () => {
  assert.is(read('[g]\noldest_y = 1\n').g.y, '1')
  assert.is(read('[g]\ny = new\nold_y = old\n').g.y, 'new')
  assert.is(read('[g]\ny = new\n', '[g]\nold_y = later\n').g.y, 'later')
})

test('a refused value is named with file, line, section and option', () => {
  assert.is(
    refusal('[DEFAULT]\na = 1\n', '\n\n[DEFAULT]\nn = many\n'),
    'file2:4: [DEFAULT] n = "many": must be an integer, at most 1000',
  )
  assert.is(
    refusal('[DEFAULT]\nflag = maybe\n  not\n'),
    'file1:2: [DEFAULT] flag = "maybe\\nnot": must be true or false',
  )
  assert.is(
    refusal('[DEFAULT]\na = $b\nb = $c\nc = $a\n'),
    'file1:2: circular reference DEFAULT.a -> DEFAULT.b -> DEFAULT.c -> DEFAULT.a',
  )
})

test('a refused address is shown without its user and password', () => {
  assert.is(
    refusal('[DEFAULT]\nn = http://admin:hunt@er2@keystone:5000/v3\n'),
    'file1:2: [DEFAULT] n = "***@keystone:5000/v3": must be an integer, at most 1000',
  )
  assert.not.match(refusal('[DEFAULT]\nn = admin:hunter2\n  @keystone\n'), 'hunter2')
})

test('an unknown option is refused, with a proposal of a close name', () => {
  assert.is(refusal('[defualt]\n'), 'file1: unknown section "defualt" (did you mean "DEFAULT"?)')
  assert.is(
    refusal('[DEFAULT]\nflaag = 1\n'),
    'file1:2: unknown option "flaag" in section [DEFAULT] (did you mean "flag"?)',
  )
  assert.is(
    refusal('[g]\npass-word = 1\n'),
    'file1:2: unknown option "pass-word" in section [g] (did you mean "pass_word"?)',
  )
  assert.is(
    refusal('[g]\nconstructor = 1\n'),
    'file1:2: unknown option "constructor" in section [g]',
  )
})

test('sections of other programs are ignored and reported', () => {
  const files = ['[cors]\na = 1\n[__proto__]\n[g]\nx = 1\nunused_one = 1\n', '[cors]\nb = 2\n']
  const { options, ignored } = readOptions(GROUPS, sources(files))
  assert.is(options.g.x, '1')
  assert.equal(ignored, ['[cors]', '[__proto__]', '[g] unused_one'])
})

test('an environment variable wins over every file', () => {
  const file = '[DEFAULT]\nn = 7\na = file\nb = <$n>\n'
  const { DEFAULT, g } = withVariables(
    { OS_DEFAULT__N: '8', OS_DEFAULT__A: ' "as is" ', OS_G__X: '$b', PATH: '/bin' },
    file,
  )
  assert.is(DEFAULT.n, 8)
  assert.is(DEFAULT.a, ' "as is" ')
  assert.is(DEFAULT.b, '<8>')
  assert.is(g.x, '<8>')
  assert.is(withVariables({ OS_G__Y: 'variable' }, '[g]\nold_y = file\n').g.y, 'variable')
  assert.is(withVariables({ OS_DEFAULT__A: '' }, file).DEFAULT.a, undefined)
})

test('an environment variable of our section without an option is refused', () => {
  assert.is(
    refusalOf(() => withVariables({ OS_DEFAULT__FLAAG: '1' })),
    'the environment variable "OS_DEFAULT__FLAAG" names no option ' +
      '(did you mean "OS_DEFAULT__FLAG"?)',
  )
  assert.match(
    refusalOf(() => withVariables({ OS_G__OLDEST_Y: '1' })),
    '"OS_G__OLDEST_Y" names no option',
  )
  assert.is(
    refusalOf(() => withVariables({ OS_DEFAULT__N: 'many' })),
    'OS_DEFAULT__N: [DEFAULT] n = "many": must be an integer, at most 1000',
  )
  const hidden = refusalOf(() => withVariables({ OS_G__SECRET_NUMBER: 'hunter2' }))
  assert.not.match(hidden, 'hunter2')
})

test('environment variables of other programs are ignored', () => {
  const others = { OS_AUTH_URL: 'x', OS_DATABASE__CONNECTION: 'x', os_default__n: 'x', OS___: 'x' }
  assert.is(withVariables(others).DEFAULT.n, 5)
})

test('values that hide a mistake are refused, unlike in oslo.config', () => {
  refusal('[DEFAULT]\nn = 1_000\n')
  refusal('[DEFAULT]\nn =\n')
  refusal('[DEFAULT]\nf = inf\n')
  refusal('[DEFAULT]\nl = a,,b\n')
  refusal('[DEFAULT]\nl =\n')
  refusal('[default]\na = 1\n')
  refusal('[ g ]\nx = 1\n')
  // oslo.config inserts the list as Python writes it: ['x', 'y'].
  assert.is(read('[DEFAULT]\nl = x, y\na = $l\n').DEFAULT.a, 'x,y')
  // In oslo.config such a reference finds no group.
  assert.is(read('[DEFAULT]\nb = 1\na = $DEFAULT.b\n').DEFAULT.a, '1')
})

test('a reference is replaced by the value as Python prints it', () => {
  const { DEFAULT } = read('[DEFAULT]\nflag = yes\na = $flag\nn = +07\nb = $n\nf = 1e3\nc = $f\n')
  assert.equal([DEFAULT.a, DEFAULT.b, DEFAULT.c], ['True', '7', '1000.0'])
  assert.match(refusal('[DEFAULT]\nn = many\na = $n\n'), '[DEFAULT] n = "many": must be')
})

test('no message shows a secret', () => {
  const hunter = 'hunter2'
  for (const file of [
    `[g]\nsecret_number = ${hunter}\n`,
    `[g]\npass_word = x$${hunter}\n`,
    `[g]\npass_word = a$pass_word${hunter}\n`,
    `[g]\npass_word = ${hunter}\n[DEFAULT]\nn = $g.pass_word\n`,
    `[g]\npass_word = x\n\n ${hunter}\n`,
    `[g]\npass_word ${hunter}\n`,
  ]) {
    const message = refusal(file)
    assert.not.match(message, hunter)
    assert.not.match(message, '\n')
  }
})

test('a reference to a secret in another option is refused', () => {
  const secret = '[g]\npass_word = hunter2\n'
  assert.is(read(`${secret}other_pass = $pass_word!\n`).g.other_pass, 'hunter2!')
  for (const file of [`${secret}[DEFAULT]\na = /var/$g.pass_word\n`, `${secret}x = $pass_word\n`]) {
    assert.match(refusal(file), /: \[g\] pass_word is a secret$/)
  }
})

test.run()
