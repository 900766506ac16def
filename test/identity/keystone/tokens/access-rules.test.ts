import * as assert from 'uvu/assert'
import { compileAccessRules } from '../../../../src/identity/keystone/tokens/access-rules.ts'
import { seeded } from '../../../seeded.ts'
import { test } from '../../../support/suite.ts'

/** CPU microseconds for a hundred requests. One takes at most half a millisecond; with backtracking
 * it would take practically for ever. */
const CPU_MICROSECONDS_MAX = 200_000

function matches(pattern: string, path: string): boolean {
  const rule = { service: 'kv-storage', method: 'GET', path: pattern }
  return compileAccessRules([rule]).allows('kv-storage', 'GET', path)
}

test('a pattern without wildcards matches only its own path', () => {
  assert.ok(matches('/v1/data/p/tables', '/v1/data/p/tables'))
  assert.not(matches('/v1/data/p/tables', '/v1/data/p/tables/t'))
  assert.not(matches('/v1/data/p/tables', '/x/v1/data/p/tables'))
})

test('* and {name} match one or more characters of one segment', () => {
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

test('** matches anything, also nothing', () => {
  assert.ok(matches('/v1/**', '/v1/data/p/tables'))
  assert.ok(matches('/v1/**', '/v1/'))
  assert.ok(matches('/v1/**/query', '/v1/data/p/tables/t/query'))
  assert.ok(matches('**', ''))
  assert.not(matches('/v1/**/query', '/v1/data/p/tables/t/scan'))
  assert.not(matches('/v1/**', '/v2/data'))
})

test('*** matches like ** followed by *', () => {
  assert.ok(matches('/v1/***', '/v1/a/b'))
  assert.not(matches('/v1/***', '/v1/'))
})

test('a dot matches a dot, and unpaired braces match nothing', () => {
  assert.not(matches('/v1/a.b', '/v1/aXb'))
  assert.not(matches('/v1/(a|b)', '/v1/a'))
  assert.not(matches('/v1/{t', '/v1/t'))
  assert.not(matches('/v1/t}', '/v1/t'))
})

test('an access rule applies only to its method and service', () => {
  const rules = compileAccessRules([
    { service: 'kv-storage', method: 'POST', path: '/a' },
    { service: 'kv-streaming', method: 'POST', path: '/b' },
    { service: 'kv-storage', method: 'GET', path: '/c' },
  ])
  assert.ok(rules.allows('kv-storage', 'POST', '/a'))
  assert.ok(rules.allows('kv-storage', 'GET', '/c'))
  assert.not(rules.allows('kv-storage', 'GET', '/a'))
  assert.not(rules.allows('kv-storage', 'post', '/a'))
  assert.not(rules.allows('kv-storage', 'POST', '/b'))
  assert.ok(rules.allows('kv-streaming', 'POST', '/b'))
  assert.not(rules.allows('kv-streaming', 'POST', '/a'))
  assert.not(rules.allows('compute', 'POST', '/a'))
})

test('an empty list, and patterns of more than 500 parts, allow nothing', () => {
  const rule = { service: 'kv-storage', method: 'GET', path: '/a/*/b/*/c' }
  const others = Array(600).fill({ ...rule, service: 'compute' })
  const isAllowed = (count: number) => {
    const rules = compileAccessRules([...Array(count).fill(rule), ...others])
    return rules.allows('kv-storage', 'GET', '/a/x/b/y/c')
  }
  assert.not(isAllowed(0))
  assert.ok(isAllowed(100))
  assert.not(isAllowed(101))
})

test('wildcards match like the equivalent regular expression', () => {
  const random = seeded('access rules')
  const meaning = { '**': '.*', '*': '[^/]+', '{x}': '[^/]+', a: 'a', '/': '/', ab: 'ab' } as const
  const parts = Object.keys(meaning) as (keyof typeof meaning)[]
  let matching = 0
  for (let n = 0; n < 20_000; n++) {
    const chosen = Array.from({ length: random.below(6) }, () => random.pick(parts))
    // Two adjacent wildcards would be read as another one.
    const apart = chosen.filter((part, at) => part !== '*' || !chosen[at - 1]?.startsWith('*'))
    const read = apart.filter((part, at) => part !== '**' || !apart[at - 1]?.startsWith('*'))
    const text = Array.from({ length: random.below(8) }, () => random.pick(['a', 'b', '/'])).join(
      '',
    )
    const expected = new RegExp(`^${read.map((part) => meaning[part]).join('')}$`, 's').test(text)
    if (expected) matching++
    assert.is(
      matches(read.join(''), text),
      expected,
      `SEED=${random.seed}: ${read.join('')} ${text}`,
    )
  }
  assert.ok(matching > 1_000, String(matching))
})

test('the steps of matching a request are bounded for any patterns', () => {
  const path = `/${'a'.repeat(511)}`
  const dear = ['**a', '*a', '{x}a', '**aa', '**/', 'a**'].map((part) => `/${part.repeat(40)}**b`)
  for (const pattern of dear) {
    const rules = compileAccessRules(
      Array(6).fill({ service: 'kv-storage', method: 'GET', path: pattern }),
    )
    const before = process.cpuUsage()
    for (let n = 0; n < 100; n++) assert.not(rules.allows('kv-storage', 'GET', path))
    const { user } = process.cpuUsage(before)
    assert.ok(user < CPU_MICROSECONDS_MAX, `${pattern}: ${user} us for a hundred requests`)
  }
  assert.not(matches('**', `/${'a'.repeat(512)}`), 'longer paths match nothing')
})

test('all rules that a token may have are reached, for any path', () => {
  const operations = Array.from({ length: 83 }, (_, n) => `operation_${n}`)
  const rules = compileAccessRules(
    operations.map((operation) => ({
      ...{ service: 'kv-storage', method: 'POST' },
      path: `/v1/data/{project_id}/tables/*/${operation}`,
    })),
  )
  const path = `/v1/data/${'a'.repeat(64)}/tables/${'t'.repeat(255)}`
  for (const operation of operations) {
    assert.ok(rules.allows('kv-storage', 'POST', `${path}/${operation}`), operation)
  }
  assert.not(rules.allows('kv-storage', 'POST', `${path}/operation_83`))
})

test.run()
