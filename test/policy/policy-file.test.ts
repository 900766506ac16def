import * as assert from 'uvu/assert'
import { PolicyError } from '../../src/policy/policy-error.ts'
import { parsePolicyFile } from '../../src/policy/policy-file.ts'
import { test } from '../support/suite.ts'

function rulesOf(text: string): readonly (readonly [string, unknown])[] {
  return parsePolicyFile(text, 'policy.yaml').map(({ name, checkStr }) => [name, checkStr])
}

function refusal(text: string): string {
  try {
    parsePolicyFile(text, 'policy.yaml')
  } catch (error) {
    assert.instance(error, PolicyError)
    const { message } = error as PolicyError
    assert.not.match(message, '\n')
    return message
  }
  throw new Error('accepted')
}

test('a policy file has rules as text or as lists', () => {
  const text = `# comment
"a": "role:x or role:y"
b: role:z  # plain
c: []
d: [role:x, [role:y, "role:z"]]
e: >
  role:x
  and role:y
`
  assert.equal(rulesOf(text), [
    ['a', 'role:x or role:y'],
    ['b', 'role:z'],
    ['c', []],
    ['d', ['role:x', ['role:y', 'role:z']]],
    ['e', 'role:x and role:y\n'],
  ])
})

test('a policy file may be JSON, also with tabs', () => {
  assert.equal(rulesOf('{\n\t"a": "role:x",\n\t"b": [["role:y"]]\n}\n'), [
    ['a', 'role:x'],
    ['b', [['role:y']]],
  ])
})

test('the last rule of a name wins; __proto__ is an ordinary name', () => {
  assert.equal(rulesOf('a: role:x\n__proto__: role:p\na: role:y\n'), [
    ['a', 'role:y'],
    ['__proto__', 'role:p'],
  ])
})

test('an empty policy file, or one of comments, has no rules', () => {
  assert.equal(rulesOf(''), [])
  assert.equal(rulesOf('# none\n---\n'), [])
})

test('YAML 1.1 anchors and merges work', () => {
  assert.equal(rulesOf('a: &it role:x\nb: *it\n'), [
    ['a', 'role:x'],
    ['b', 'role:x'],
  ])
  assert.equal(rulesOf('<<: {a: role:x}\nb: role:y\n'), [
    ['a', 'role:x'],
    ['b', 'role:y'],
  ])
})

test('rules that are no text are refused, where oslo.policy allows everything', () => {
  for (const value of ['', ' ~', ' null', ' false', ' no', ' 0', ' {}']) {
    assert.is(
      refusal(`a:${value}\n`),
      'policy.yaml: a: a rule must be text, or a list of lists of text',
      value,
    )
  }
  for (const value of ['7', 'yes', '{role: x}', '[7]', '[[role:x, ~]]', '[[[role:x]]]']) {
    assert.match(refusal(`a: ${value}\n`), /a rule must be text/)
  }
})

test('an exclamation mark without quotes is refused', () => {
  for (const text of ['a: !\n', 'a: [!]\n', 'a: !!str\n']) {
    assert.is(
      refusal(text),
      'policy.yaml: the rule ! must be in quotes, or it is a tag of YAML',
      text,
    )
  }
  assert.equal(rulesOf('a: "!"\nb: ""\n'), [
    ['a', '!'],
    ['b', ''],
  ])
})

test('rule names that are no text are refused', () => {
  for (const name of ['5', '~', 'yes', '[a]', '? {a: b}\n']) {
    assert.match(refusal(`${name}: role:x\n`), /the name '.*' of a rule must be text/)
  }
})

test('a file that is no map is refused; invalid YAML with its line', () => {
  for (const text of ['- a\n', 'role:x\n', '7\n', 'false\n']) {
    assert.is(refusal(text), 'policy.yaml: it must be a map of rule names to rules')
  }
  for (const text of ['a: "role:x\n', 'a: role: x\n', 'a: @\n', '{a: b\n', 'a: !python x\n']) {
    assert.match(refusal(text), /^policy\.yaml: .* at line \d+, column \d+$/, text)
  }
  assert.match(refusal('a: b\n---\nc: d\n'), /^policy\.yaml: .*documents/)
})

test('YAML aliases that multiply are refused', () => {
  const lines = ['l0: &l0 [role:x]']
  for (let n = 1; n < 30; n++) lines.push(`l${n}: &l${n} [*l${n - 1}, *l${n - 1}]`)
  assert.match(refusal(lines.join('\n')), /^policy\.yaml: Excessive alias count/)
})

test.run()
