import { ATTRIBUTES, type Json } from '../tables.ts'
import { TYPES } from '../values.ts'
import type { Placeholders } from './placeholders.ts'

const DEPTH_MAX = 3
const COMPARISONS = ['=', '<>', '<', '<=', '>', '>=']

/** A condition or a filter. */
export function condition(p: Placeholders, depth = 0): string {
  const c = p.chooser
  const inner = () => condition(p, depth + 1)
  const weight = depth < DEPTH_MAX ? 1 : 0
  return c.choose('condition', {
    and: [2 * weight, () => `${inner()} ${keyword(p, 'AND')} ${inner()}`],
    or: [2 * weight, () => `${inner()} ${keyword(p, 'OR')} ${inner()}`],
    not: [weight, () => `${keyword(p, 'NOT')} ${inner()}`],
    parentheses: [weight, () => `(${inner()})`],
    comparison: [5, () => comparison(p)],
    between: [1, () => between(p)],
    in: [1, () => membership(p)],
    function: [4, () => conditionFunction(p)],
  })
}

/** A keyword in random case. */
function keyword(p: Placeholders, word: string): string {
  return p.chooser.choose('keyword', {
    upper: [6, () => word],
    lower: [2, () => word.toLowerCase()],
    mixed: () => word[0] + word.slice(1).toLowerCase(),
  })
}

function comparison(p: Placeholders): string {
  const operator = p.chooser.name('comparison', COMPARISONS)
  const attribute = ['=', '<>'].includes(operator) ? p.attribute() : scalar(p)
  const space = p.chooser.pick([' ', ' ', ''])
  return `${operand(p, attribute)}${space}${operator}${space}${operand(p, attribute)}`
}

/** An operand of a comparison with the attribute. */
function operand(p: Placeholders, attribute: string): string {
  return p.chooser.choose('operand', {
    path: [40, () => p.path(attribute)],
    'other path': [3, () => p.path()],
    value: [40, () => p.valueFor(attribute)],
    number: [3, () => p.value({ N: p.values.number() })],
    size: [6, () => `size(${p.path(attribute)})`],
    'size of a value': () => `size(${p.valueFor(attribute)})`,
    parentheses: [3, () => `(${p.path(attribute)})`],
  })
}

/** An attribute whose values usually have an order. */
function scalar(p: Placeholders): string {
  const scalars = ['s1', 's2', 'n1', 'n2', 'b1', 'with.dot', 'größe', 'status']
  return p.chooser.chance(92) ? p.chooser.pick(scalars) : p.attribute()
}

/** The lower and the upper bound of each attribute. */
const BOUNDS: Readonly<Record<string, readonly [Json, Json]>> = {
  s1: [{ S: 'a' }, { S: 'b' }],
  s2: [{ S: '' }, { S: 'ab' }],
  status: [{ S: 'B' }, { S: 'S' }],
  n1: [{ N: '0' }, { N: '10' }],
  n2: [{ N: '-2.5' }, { N: '0.5' }],
}

function between(p: Placeholders): string {
  const attribute = p.chooser.chance(80) ? p.chooser.pick(Object.keys(BOUNDS)) : scalar(p)
  const ordered = p.chooser.chance(80) ? BOUNDS[attribute] : undefined
  const [low, high] = ordered
    ? ordered.map((each) => p.value(each))
    : [operand(p, attribute), operand(p, attribute)]
  return `${operand(p, attribute)} ${keyword(p, 'BETWEEN')} ${low} ${keyword(p, 'AND')} ${high}`
}

function membership(p: Placeholders): string {
  const attribute = p.attribute()
  const list = p.chooser.times(1, 4, () => operand(p, attribute))
  return `${operand(p, attribute)} ${keyword(p, 'IN')} (${list.join(', ')})`
}

function conditionFunction(p: Placeholders): string {
  const c = p.chooser
  const attribute = p.attribute()
  return c.choose('function', {
    attribute_exists: () => `attribute_exists(${p.path(attribute)})`,
    attribute_not_exists: () => `attribute_not_exists (${p.path(attribute)})`,
    attribute_type: () => `attribute_type(${p.path(attribute)}, ${p.value({ S: c.pick(TYPES) })})`,
    begins_with: () => `begins_with(${p.path(textual(p))}, ${prefix(p)})`,
    contains: () => `contains(${p.path(attribute)}, ${contained(p, attribute)})`,
  })
}

function textual(p: Placeholders): string {
  return p.chooser.pick(['s1', 's2', 'b1', 'x1', 'm1', 'with.dot', 'status'])
}

function prefix(p: Placeholders): string {
  return p.chooser.choose('prefix', {
    text: [4, () => p.value(p.values.of('S'))],
    bytes: () => p.value(p.values.of('B')),
    path: () => p.path('s2'),
  })
}

function contained(p: Placeholders, attribute: string): string {
  const type = ATTRIBUTES[attribute] ?? 'any'
  const inner = { SS: 'S', NS: 'N', BS: 'B', S: 'S', B: 'B' }[type]
  return p.chooser.choose('contained', {
    value: [5, () => p.value(inner ? p.values.of(inner) : p.values.any())],
    path: () => p.path(),
    size: () => `size(${p.path()})`,
  })
}
