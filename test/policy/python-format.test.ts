import * as assert from 'uvu/assert'
import { compileFormat } from '../../src/policy/python-format.ts'
import { test } from '../support/suite.ts'

const ATTRIBUTES = new Map([
  ['a', (target: { a: string }) => target.a],
  ['b.c', () => 'deep'],
])

function format(text: string): string {
  const compiled = compileFormat(text, ATTRIBUTES)
  switch (compiled.kind) {
    case 'text':
      return `text ${compiled.text}`
    case 'template':
      return `template ${compiled.fill({ a: '%(a)s' })}`
    case 'missing':
      return `missing ${compiled.name}`
    case 'malformed':
      return compiled.kind
  }
}

test('text without names stays, and %% becomes a percent sign', () => {
  assert.is(format(''), 'text ')
  assert.is(format('abc'), 'text abc')
  assert.is(format('100%%'), 'text 100%')
  assert.is(format('%%(a)s'), 'text %(a)s')
})

test('names are replaced once', () => {
  assert.is(format('%(a)s'), 'template %(a)s')
  assert.is(format('x-%(a)s-%(b.c)s%%'), 'template x-%(a)s-deep%')
})

test('the first error in a text decides', () => {
  assert.is(format('%(z)s'), 'missing z')
  assert.is(format('%(z)d %'), 'missing z')
  assert.is(format('%(a)s %(z)'), 'missing z')
  assert.is(format('%(y(z))s'), 'missing y(z)')
  assert.is(format('a%( y((z)(x)) ) '), 'missing  y((z)(x)) ')
  for (const text of ['%', 'a%', '%s', '%(a)d', '%(a)', '%(a', '%((a)s', '% (a)s', '%(a)5s']) {
    assert.is(format(text), 'malformed', text)
  }
  assert.is(format('% %(z)s'), 'malformed')
})

test.run()
