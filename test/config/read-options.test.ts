import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConfigError } from '../../src/config/config-error.ts'
import { option } from '../../src/config/option.ts'
import { readOptions } from '../../src/config/read-options.ts'
import { boolean, float, integer, list, string } from '../../src/config/value-type.ts'
import { OSLO_VECTORS } from './oslo-vectors.ts'

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
      secret_number: option(integer({ max: 9 }), { help: 'A secret.', secret: true }),
    },
  },
}

function read(...files: string[]) {
  return readOptions(
    GROUPS,
    files.map((content, index) => ({ name: `file${index + 1}`, text: content })),
  )
}

function refusal(...files: string[]): string {
  try {
    read(...files)
  } catch (error) {
    assert.instance(error, ConfigError)
    return (error as ConfigError).message
  }
  throw new Error(`accepted: ${JSON.stringify(files)}`)
}

/** All values that are not the default, named as the vectors name them. */
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

const vectors = suite('as oslo.config reads it')
for (const { text: snippet, values } of OSLO_VECTORS) {
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

test('gives defaults when no file says otherwise, all frozen', () => {
  const config = read()
  assert.is(config.DEFAULT.n, 5)
  assert.is(config.DEFAULT.m, undefined)
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.DEFAULT))
})

test('lets the later file win, option by option', () => {
  const config = read('[DEFAULT]\na = 1\nb = 1\n', '[DEFAULT]\nb = 2\n')
  assert.is(config.DEFAULT.a, '1')
  assert.is(config.DEFAULT.b, '2')
})

test('treats an empty value as unset where there is no default, else refuses it', () => {
  assert.is(read('[DEFAULT]\na =\nm =\n').DEFAULT.a, undefined)
  assert.is(
    refusal('[DEFAULT]\nn =\n'),
    'file1:2: [DEFAULT] n = "": must be an integer, at most 1000',
  )
})

test('reads deprecated names, the proper one first', () => {
  assert.is(read('[g]\noldest_y = 1\n').g.y, '1')
  assert.is(read('[g]\ny = new\nold_y = old\n').g.y, 'new')
  assert.is(read('[g]\ny = new\n', '[g]\nold_y = later\n').g.y, 'later')
})

test('names file, line, section, option and value of what it refuses', () => {
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

test('refuses unknown names and proposes close ones', () => {
  assert.is(refusal('[defualt]\n'), 'file1: unknown section "defualt" (did you mean "DEFAULT"?)')
  assert.is(refusal('[zebra]\na = 1\n'), 'file1: unknown section "zebra"')
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
  assert.match(refusal('[__proto__]\n'), 'unknown section')
})

test('is stricter than oslo.config where that hides a mistake', () => {
  refusal('[DEFAULT]\nn = 1_000\n')
  refusal('[DEFAULT]\nn =\n')
  refusal('[DEFAULT]\nf = inf\n')
  refusal('[DEFAULT]\nl = a,,b\n')
  refusal('[DEFAULT]\nl =\n')
  refusal('[default]\na = 1\n')
  refusal('[ g ]\nx = 1\n')
  // A reference stands for the text of the option, where oslo.config has Python's `True`.
  assert.is(read('[DEFAULT]\nflag = yes\na = $flag\n').DEFAULT.a, 'yes')
})

test('never shows a secret', () => {
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

test.run()
