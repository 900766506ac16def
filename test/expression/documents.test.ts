import * as assert from 'uvu/assert'
import { applyUpdates } from '../../src/expression/apply-update.ts'
import { type Path, pathOf, valueAt } from '../../src/expression/path.ts'
import { projection } from '../../src/expression/project.ts'
import type { SetValue, UpdateAction } from '../../src/expression/update.ts'
import type { AttributeValue, Item } from '../../src/model/attribute-value.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { NESTING_DEPTH_MAX } from '../../src/model/limits.ts'
import { finished } from '../../src/model/steps.ts'
import { encodeItem, readItem, writeValue } from '../../src/model/typed-json.ts'
import { type Seeded, seeded } from '../seeded.ts'
import { suite } from '../support/suite.ts'
import { fewItem, fewValue, NAMES } from './few-values.ts'

/** Reads, projections and updates by document paths. */

const test = suite('documents')

const KEY: Item = new Map([['h', { type: 'S', value: 'key' }]])

/** Parses a path such as `a.b[1]`. */
function path(text: string): Path {
  const [attribute = '', ...steps] = text.split(/[.[]/)
  return {
    attribute,
    steps: steps.map((step) => (step.endsWith(']') ? Number(step.slice(0, -1)) : step)),
  }
}

/** Converts numbers, texts, lists and maps to attribute values. Typed values stay unchanged. */
function v(plain: unknown): AttributeValue {
  if (typeof plain === 'number') return { type: 'N', value: String(plain) }
  if (typeof plain === 'string') return { type: 'S', value: plain }
  if (Array.isArray(plain)) return { type: 'L', value: plain.map(v) }
  const object = plain as Record<string, unknown>
  if ('type' in object) return plain as AttributeValue
  return { type: 'M', value: new Map(Object.entries(object).map(([k, each]) => [k, v(each)])) }
}

function item(plain: Readonly<Record<string, unknown>>): Item {
  return v(plain).value as Item
}

const set = (to: string, value: SetValue): UpdateAction => ({
  ...{ action: 'set', path: path(to), value },
})
const put = (to: string, plain: unknown) => set(to, { is: 'value', value: v(plain) })
const remove = (from: string): UpdateAction => ({ action: 'remove', path: path(from) })
const add = (to: string, plain: unknown): UpdateAction => ({
  ...{ action: 'add', path: path(to), value: v(plain) },
})
const subtract = (from: string, value: AttributeValue): UpdateAction => ({
  ...{ action: 'subtract', path: path(from), value },
})
const at = (from: string): SetValue => ({ is: 'path', path: path(from) })
const is = (plain: unknown): SetValue => ({ is: 'value', value: v(plain) })

function updated(old: Item | null, ...updates: readonly UpdateAction[]): string {
  const before = old && encodeItem(old).json
  try {
    const result = finished(applyUpdates(old, KEY, updates))
    return result ? encodeItem(result).json : 'none'
  } catch (error) {
    if (!(error instanceof MagnetoDBError)) throw error
    return error.reason.is
  } finally {
    assert.is(old && encodeItem(old).json, before, 'the old item is left as it was')
  }
}

const SS = (...value: string[]): AttributeValue => ({ type: 'SS', value })
const SNM: AttributeValue = { type: 'SNM', value: [['x', '1']] }
const NSM: AttributeValue = { type: 'NSM', value: [['1.5', 'x']] }
const DOCUMENT = { l: [0, 1, 2], m: { a: 1, s: SS('x', 'y') }, t: SNM, text: 'x' }

type Case = readonly [what: string, updates: readonly UpdateAction[], result: unknown]

const CASES: readonly Case[] = [
  ['a member is set', [put('m.a', 'new')], { ...DOCUMENT, m: { ...DOCUMENT.m, a: 'new' } }],
  ['a member is added', [put('m.b', 2)], { ...DOCUMENT, m: { ...DOCUMENT.m, b: 2 } }],
  ['a member is removed', [remove('m.a')], { ...DOCUMENT, m: { s: SS('x', 'y') } }],
  ['an absent member is removed', [remove('m.b')], DOCUMENT],
  ['an element is set', [put('l[1]', 'new')], { ...DOCUMENT, l: [0, 'new', 2] }],
  [
    'what is set behind the end is appended in the order of the indexes',
    [put('l[9]', 'b'), put('l[5]', 'a'), put('l[0]', 'c')],
    { ...DOCUMENT, l: ['c', 1, 2, 'a', 'b'] },
  ],
  [
    'elements are removed by their old indexes',
    [remove('l[0]'), put('l[2]', 'new'), remove('l[9]')],
    { ...DOCUMENT, l: [1, 'new'] },
  ],
  ['a number inside is added to', [add('m.a', 2)], { ...DOCUMENT, m: { ...DOCUMENT.m, a: 3 } }],
  [
    'a set inside is taken from',
    [subtract('m.s', SS('x'))],
    {
      ...DOCUMENT,
      m: { a: 1, s: SS('y') },
    },
  ],
  ['an emptied set inside goes', [subtract('m.s', SS('x', 'y'))], { ...DOCUMENT, m: { a: 1 } }],
  [
    'a typed map that is updated becomes a map',
    [put('t.y', 2)],
    {
      ...DOCUMENT,
      t: { x: 1, y: 2 },
    },
  ],
  [
    'every action reads the item as it was',
    [set('l', at('m')), set('m', at('l')), set('copy', at('l[2]'))],
    { ...DOCUMENT, l: DOCUMENT.m, m: DOCUMENT.l, copy: 2 },
  ],
  [
    'if_not_exists takes what is there',
    [
      set('m.a', { is: 'if_not_exists', path: path('m.a'), otherwise: at('absent') }),
      set('m.b', { is: 'if_not_exists', path: path('m.b'), otherwise: is(7) }),
    ],
    { ...DOCUMENT, m: { ...DOCUMENT.m, b: 7 } },
  ],
  [
    'lists are appended',
    [set('l', { is: 'list_append', left: is(['first']), right: at('l') })],
    { ...DOCUMENT, l: ['first', 0, 1, 2] },
  ],
  [
    'numbers are summed exactly',
    [
      set('sum', { is: 'plus', left: at('m.a'), right: is(0.1) }),
      set('rest', { is: 'minus', left: at('m.a'), right: is(0.9) }),
    ],
    { ...DOCUMENT, sum: 1.1, rest: 0.1 },
  ],
  ['a member of what is absent is refused', [put('x.a', 1)], 'update_path_invalid'],
  ['a member of an absent member is refused', [put('m.x.y', 1)], 'update_path_invalid'],
  ['a part of an element behind the end is refused', [put('l[3].a', 1)], 'update_path_invalid'],
  ['a member of text is refused', [put('text.a', 1)], 'update_path_invalid'],
  ['a member of a list is refused', [put('l.a', 1)], 'update_path_invalid'],
  ['an element of a map is refused', [put('m[0]', 1)], 'update_path_invalid'],
  ['a removal from what is absent is refused', [remove('x.a')], 'update_path_invalid'],
  ['a removal from text is refused', [remove('text[0]')], 'update_path_invalid'],
  ['what is absent is no operand', [set('n', at('m.x'))], 'update_operand_missing'],
  [
    'text is no operand of a sum',
    [set('n', { is: 'plus', left: at('text'), right: is(1) })],
    'update_operand_type',
  ],
  [
    'a map is no operand of list_append',
    [set('n', { is: 'list_append', left: at('l'), right: at('m') })],
    'update_operand_type',
  ],
  ['text is not subtracted from', [subtract('text', SS('x'))], 'update_operand_type'],
  ['a typed map is not subtracted from', [subtract('t', SS('x'))], 'update_operand_type'],
  ['text is not added to', [add('text', 1)], 'update_operand_type'],
  [
    'a sum of too many digits is refused',
    [
      set('n', {
        is: 'plus',
        left: is(1),
        right: { is: 'value', value: v({ type: 'N', value: `0.${'0'.repeat(40)}1` }) },
      }),
    ],
    'sum_out_of_range',
  ],
  [
    'of two faults the first is told',
    [set('n', { is: 'plus', left: at('x'), right: is(1) }), add('text', 1)],
    'update_operand_missing',
  ],
  [
    'of a sum the left operand is looked at first',
    [set('n', { is: 'plus', left: at('text'), right: at('x') })],
    'update_operand_type',
  ],
  [
    'a path that leads nowhere comes before faults of values',
    [set('n', { is: 'plus', left: at('x'), right: is(1) }), add('m.a', 1), remove('x.b')],
    'update_path_invalid',
  ],
]
for (const [what, updates, result] of CASES) {
  test(what, () => {
    const wanted =
      typeof result === 'string'
        ? result
        : encodeItem(item(result as object as Record<string, unknown>)).json
    assert.is(updated(item(DOCUMENT), ...updates), wanted)
  })
}

test('on an absent item, paths show nothing and removals create nothing', () => {
  assert.is(updated(null, remove('x.y')), 'none')
  assert.is(updated(null, remove('x[0]'), subtract('s', SS('x'))), 'none')
  assert.is(updated(null, put('x.y', 1)), 'update_path_invalid')
  assert.is(updated(null, set('x', at('h'))), 'update_operand_missing')
  assert.is(updated(null, put('x', 1), remove('y')), '{"h":{"S":"key"},"x":{"N":"1"}}')
  assert.is(updated(null, put('x', 1), remove('y.z')), 'update_path_invalid')
})

test('an update whose lists grow beyond 400 KB answers item_too_large before it is built', () => {
  const half = item({ l: new Array(120_000).fill(1) })
  const twice: SetValue = { is: 'list_append', left: at('l'), right: at('l') }
  let list = twice
  for (let i = 0; i < 20; i++) list = { is: 'list_append', left: list, right: twice }
  assert.is(updated(half, set('x', list)), 'item_too_large')
  const copies = Array.from({ length: 50 }, (_, i) => set(`x${i}`, at('l')))
  assert.is(updated(half, ...copies), 'item_too_large')
})

/** Maps nested to this depth. */
function nested(levels: number): AttributeValue {
  let value = v(1)
  for (let i = 0; i < levels; i++) value = v({ n: value })
  return value
}

test('an update that nests deeper than 32 levels answers item_too_deep', () => {
  const deepest = new Map([...KEY, ['d', nested(NESTING_DEPTH_MAX)]])
  const leaf = `d${'.n'.repeat(NESTING_DEPTH_MAX)}`
  assert.match(updated(deepest, put(leaf, 2)), /"N":"2"/)
  assert.is(updated(deepest, put(leaf, { n: 1 })), 'item_too_deep')
  assert.is(updated(deepest, set(leaf, at('d'))), 'item_too_deep')
  assert.is(
    updated(
      deepest,
      set('l', { is: 'list_append', left: is([]), right: is([nested(NESTING_DEPTH_MAX)]) }),
    ),
    'item_too_deep',
  )
  const long: Path = { attribute: 'd', steps: new Array(5_000).fill('n') }
  assert.is(valueAt(deepest, long), undefined)
  assert.is(projection([long])(deepest).size, 0)
  assert.is(updated(deepest, { action: 'remove', path: long }), 'update_path_invalid')
})

const SHOWN: readonly (readonly [paths: string, shown: Record<string, unknown>])[] = [
  ['l', { l: DOCUMENT.l }],
  ['text m.a', { text: 'x', m: { a: 1 } }],
  ['l[2] l[0]', { l: [0, 2] }],
  ['l[1] l[7] m.s', { l: [1], m: { s: SS('x', 'y') } }],
  ['x m.x m.a.x l[9] l.a m[0] text.a', {}],
  ['t.x', { t: { x: 1 } }],
  ['t', { t: SNM }],
]
for (const [paths, shown] of SHOWN) {
  test(`a projection of ${paths} shows the values at those paths`, () => {
    const show = projection(paths.split(' ').map(path))
    assert.is(encodeItem(show(item(DOCUMENT))).json, encodeItem(item(shown)).json)
  })
}

test("a path reads a typed map by its members' names", () => {
  const of = item({ s: SNM, n: NSM, b: { type: 'BSM', value: [[Buffer.of(1), 'x']] } })
  assert.equal(valueAt(of, path('s.x')), v(1))
  assert.equal(valueAt(of, { attribute: 'n', steps: ['1.5'] }), v('x'))
  assert.equal(valueAt(of, { attribute: 'b', steps: ['AQ=='] }), v('x'))
  assert.is(valueAt(of, path('s.y')), undefined)
  assert.is(valueAt(of, path('s[0]')), undefined)
  assert.is(valueAt(null, pathOf('s')), undefined)
})

/** A path to an attribute or a member that may exist. */
function randomPath(random: Seeded): Path {
  const steps = Array.from({ length: random.below(3) }, () =>
    random.below(2) === 0 ? random.below(4) : random.pick(NAMES),
  )
  return { attribute: random.pick(NAMES), steps }
}

test('SET of random paths changes only the values at these paths', () => {
  const random = seeded('documents')
  let done = 0
  for (let round = 0; round < 5_000; round++) {
    const old = fewItem(random, 3)
    const to = randomPath(random)
    const value = fewValue(random, 1)
    const before = valueAt(old, to)
    const isThere = before !== undefined
    let result: Item | null
    try {
      const action = { action: 'set', path: to, value: { is: 'value', value } } as const
      result = finished(applyUpdates(old, KEY, [action]))
    } catch (error) {
      assert.is((error as MagnetoDBError).reason.is, 'update_path_invalid')
      assert.not.ok(isThere)
      continue
    }
    done++
    const last = to.steps.at(-1)
    if (isThere || typeof last !== 'number') assert.equal(valueAt(result, to), value)
    for (const name of ['h', ...NAMES]) {
      if (name !== to.attribute) assert.is(result?.get(name), old.get(name))
    }
    // Undoing the update must restore the item, except for a typed map, which has become an M.
    if (!isThere && typeof last === 'number') continue
    const back: UpdateAction = before
      ? { action: 'set', path: to, value: { is: 'value', value: before } }
      : { action: 'remove', path: to }
    const restored = finished(applyUpdates(result, KEY, [back]))
    const parents = to.steps.map((_, i) => valueAt(old, { ...to, steps: to.steps.slice(0, i) }))
    if (parents.some((parent) => parent && parent.type.length === 3)) continue
    assert.equal(restored && new Map(restored), new Map(old))
  }
  assert.ok(done > 1_000, `${done} were done`)
})

test('a projection of random paths shows the values at these paths', () => {
  const random = seeded('projections')
  for (let round = 0; round < 5_000; round++) {
    const of = readItem(encodeItem(fewItem(random, 3)).json)
    const from = randomPath(random)
    const shown = projection([from])(of)
    const found = valueAt(of, from)
    // Projected lists close up, so their only element is the first.
    const closed = {
      ...from,
      steps: from.steps.map((step) => (typeof step === 'number' ? 0 : step)),
    }
    const value = valueAt(shown, closed)
    assert.is(value && writeValue(value), found && writeValue(found))
    assert.is(shown.size, found ? 1 : 0)
  }
})

test.run()
