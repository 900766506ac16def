import { Hono } from 'hono'
import * as assert from 'uvu/assert'
import { targetOf } from '../../src/http/target.ts'
import { seeded } from '../seeded.ts'
import { test } from '../support/suite.ts'

test('a target is normalized, decoded once, and gets one origin', () => {
  const cases: readonly (readonly [string, string | undefined, string?])[] = [
    ['/', '/'],
    ['/v1/data/p1/tables?limit=1', '/v1/data/p1/tables'],
    ['/v1/data/p2/../p1/tables', '/v1/data/p1/tables', '/v1/data/p1/tables'],
    ['/v1/data/%70%31/tables', '/v1/data/p1/tables', '/v1/data/%70%31/tables'],
    ['/a%2Fb', '/a%2Fb', '/a%2Fb'],
    ['/a%252Fb', '/a%252Fb', '/a%252Fb'],
    ['//evil/x', '//evil/x'],
    ['/a\\b', undefined],
    ['/a#b', undefined],
    ['http://a:b@elsewhere:81/x?y', undefined],
    ['ftp://elsewhere/x', undefined],
    ['*', undefined],
    ['mailto:x', undefined],
  ]
  for (const [given, path, rest = given] of cases) {
    const expected = path === undefined ? undefined : { path, url: `http://localhost${rest}` }
    assert.equal(targetOf(given), expected, given)
  }
})

test('a target in absolute form has its authority', () => {
  assert.equal(targetOf('http://elsewhere:81/v1/../x?y'), {
    path: '/x',
    url: 'http://localhost/x?y',
    authority: 'elsewhere:81',
  })
})

test('Hono sees the same path for any target', async () => {
  const random = seeded('targets')
  const pieces = [
    '/',
    '/',
    'a',
    'v1',
    '.',
    '..',
    '%',
    '%2F',
    '%25',
    '%zz',
    '%c3%a9',
    '%00',
    '?',
    '#',
  ]
  const more = ['é', ' ', '\t', ':', '@', 'http://h', '//', ';', '&', '=', '[', '|', '%5c', '^']
  const app = new Hono().all('*', (c) => c.text(c.req.path))
  const all = [...pieces, ...more]
  let routed = 0
  for (let i = 0; i < 5_000; i++) {
    const count = random.below(8)
    const text = Array.from({ length: count }, () => random.pick(all)).join('')
    const target = targetOf(`/${text}`)
    if (target === undefined) continue
    routed++
    assert.is(await (await app.request(target.url)).text(), target.path, text)
  }
  assert.ok(routed > 2_000, String(routed))
})

test.run()
