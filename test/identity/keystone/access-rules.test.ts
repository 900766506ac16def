import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { compileAccessRules } from '../../../src/identity/keystone/access-rules.ts'

function matches(pattern: string, path: string): boolean {
  const rule = { service: 'kv-storage', method: 'GET', path: pattern }
  return compileAccessRules([rule], 'kv-storage').allows('GET', path)
}

test('a pattern without wildcards is the path itself', () => {
  assert.ok(matches('/v1/data/p/tables', '/v1/data/p/tables'))
  assert.not(matches('/v1/data/p/tables', '/v1/data/p/tables/t'))
  assert.not(matches('/v1/data/p/tables', '/x/v1/data/p/tables'))
})

test('* and {name} stand for one or more characters of one segment', () => {
  for (const wild of ['*', '{table}', '{}']) {
    const pattern = `/v1/data/p/tables/${wild}/query`
    assert.ok(matches(pattern, '/v1/data/p/tables/t/query'), pattern)
    assert.ok(matches(pattern, '/v1/data/p/tables/long.name-1/query'), pattern)
    assert.not(matches(pattern, '/v1/data/p/tables//query'), pattern)
    assert.not(matches(pattern, '/v1/data/p/tables/a/b/query'), pattern)
  }
  assert.ok(matches('/a/x*z/b', '/a/xyz/b'))
  assert.ok(matches('/a/x*z*z/b', '/a/xyzzz/b'))
  assert.not(matches('/a/x*z/b', '/a/xz/b'))
})

test('** stands for anything, also nothing', () => {
  assert.ok(matches('/v1/**', '/v1/data/p/tables'))
  assert.ok(matches('/v1/**', '/v1/'))
  assert.ok(matches('/v1/**/query', '/v1/data/p/tables/t/query'))
  assert.ok(matches('**', ''))
  assert.not(matches('/v1/**/query', '/v1/data/p/tables/t/scan'))
  assert.not(matches('/v1/**', '/v2/data'))
})

test('*** is ** and *', () => {
  assert.ok(matches('/v1/***', '/v1/a/b'))
  assert.not(matches('/v1/***', '/v1/'))
})

test('a dot is a dot, and unpaired braces match nothing', () => {
  assert.not(matches('/v1/a.b', '/v1/aXb'))
  assert.not(matches('/v1/(a|b)', '/v1/a'))
  assert.not(matches('/v1/{t', '/v1/t'))
  assert.not(matches('/v1/t}', '/v1/t'))
})

test('method and service have to be the same too', () => {
  const rules = compileAccessRules(
    [
      { service: 'kv-storage', method: 'POST', path: '/a' },
      { service: 'compute', method: 'GET', path: '/b' },
    ],
    'kv-storage',
  )
  assert.ok(rules.allows('POST', '/a'))
  assert.not(rules.allows('GET', '/a'))
  assert.not(rules.allows('post', '/a'))
  assert.not(rules.allows('GET', '/b'))
})

test('an empty list allows nothing, and neither do patterns of more than 500 parts', () => {
  const rule = { service: 'kv-storage', method: 'GET', path: '/a/*/b/*/c' }
  const others = Array(600).fill({ ...rule, service: 'compute' })
  const rules = (count: number) =>
    compileAccessRules([...Array(count).fill(rule), ...others], 'kv-storage')
  assert.not(rules(0).allows('GET', '/a/x/b/y/c'))
  assert.ok(rules(100).allows('GET', '/a/x/b/y/c'))
  assert.not(rules(101).allows('GET', '/a/x/b/y/c'))
})

test('patterns that are expensive to match by backtracking are not', () => {
  const path = `/${'a'.repeat(511)}`
  const dear = { service: 'kv-storage', method: 'GET', path: `${'**a'.repeat(41)}**b` }
  for (const count of [5, 100]) {
    const rules = compileAccessRules(Array(count).fill(dear), 'kv-storage')
    const start = performance.now()
    for (let time = 0; time < 20; time++) assert.not(rules.allows('GET', path))
    assert.ok((performance.now() - start) / 20 < 10, `${count} rules`)
  }
  assert.not(matches('**', `/${'a'.repeat(512)}`), 'longer paths match nothing')
})

test.run()
