import { ATTRIBUTES } from '../tables.ts'
import type { Placeholders } from './placeholders.ts'

const NUMBERS = ['n1', 'n2', 'größe', 'x1']
const LISTS = ['l1', 'l2', 'x2']
const SETS = ['ss', 'ns', 'bs']

/** An update expression, in which usually no attribute is a target twice. */
export function update(p: Placeholders): string {
  const targets = p.chooser.some(Object.keys(ATTRIBUTES), Number.POSITIVE_INFINITY)
  const target = (choices: readonly string[]) => {
    const at = targets.findIndex((each) => choices.includes(each))
    if (p.chooser.below(3000) === 0) return p.chooser.pick(choices)
    if (at < 0) return `more${targets.push('')}`
    return targets.splice(at, 1)[0] ?? 'x1'
  }
  const sections = p.chooser.some(['SET', 'SET', 'REMOVE', 'ADD', 'DELETE'], 1 + p.chooser.below(3))
  return [...new Set(sections)].map((name) => section(p, name, target)).join(' ')
}

type Target = (choices: readonly string[]) => string

function section(p: Placeholders, name: string, target: Target): string {
  const c = p.chooser
  const make = {
    SET: () => assignment(p, target(Object.keys(ATTRIBUTES))),
    REMOVE: () => targetPath(p, target(Object.keys(ATTRIBUTES))),
    ADD: () => added(p, target(['n1', 'n2', 'größe', ...SETS])),
    DELETE: () => added(p, target(SETS)),
  }[name] as () => string
  const actions = c.choose('section', {
    [name]: () => c.times(1, c.chance(60) ? 1 : 3, make),
  })
  const keyword = c.choose('section keyword', {
    upper: [4, () => name],
    lower: () => name.toLowerCase(),
  })
  return `${keyword} ${actions.join(', ')}`
}

function assignment(p: Placeholders, attribute: string): string {
  return `${targetPath(p, attribute)} = ${setValue(p, attribute)}`
}

/** Usually the whole attribute, since most items have no document at a deeper path. */
function targetPath(p: Placeholders, attribute: string): string {
  const percentWhole = LISTS.includes(attribute) ? 70 : 95
  return p.chooser.chance(percentWhole) ? p.name(attribute) : p.path(attribute)
}

function setValue(p: Placeholders, attribute: string): string {
  const c = p.chooser
  const isNumber = NUMBERS.includes(attribute)
  const isList = LISTS.includes(attribute)
  return c.choose('set value', {
    operand: [6, () => setOperand(p, attribute)],
    plus: [isNumber ? 6 : 1, () => `${number(p, attribute)} + ${number(p, attribute)}`],
    minus: [isNumber ? 6 : 1, () => `${number(p, attribute)}-${number(p, attribute)}`],
    parentheses: [1, () => `(${setOperand(p, attribute)})`],
    list_append: [isList ? 6 : 1, () => `list_append(${list(p)}, ${list(p)})`],
  })
}

function setOperand(p: Placeholders, attribute: string): string {
  return p.chooser.choose('set operand', {
    value: [26, () => p.valueFor(attribute)],
    path: [2, () => p.path(p.attribute())],
    if_not_exists: [8, () => ifNotExists(p, p.path(attribute), p.valueFor(attribute))],
    'if_not_exists of a path': () => ifNotExists(p, p.path(), p.path()),
  })
}

function ifNotExists(p: Placeholders, path: string, otherwise: string): string {
  return p.chooser.choose('if_not_exists', {
    plain: [6, () => `if_not_exists(${path}, ${otherwise})`],
    nested: () => `if_not_exists(${p.path()}, if_not_exists(${path}, ${otherwise}))`,
  })
}

function number(p: Placeholders, attribute: string): string {
  const value = () => p.value({ N: p.values.number() })
  return p.chooser.choose('addend', {
    value: [4, value],
    path: () => p.path(p.chooser.pick(NUMBERS)),
    if_not_exists: [2, () => ifNotExists(p, p.path(attribute), value())],
  })
}

function list(p: Placeholders): string {
  const value = () => p.value(p.values.of(p.chooser.chance(96) ? 'L' : 'S'))
  return p.chooser.choose('list', {
    value: [3, value],
    path: () => p.path(p.chooser.pick(LISTS)),
    if_not_exists: [2, () => ifNotExists(p, p.path(p.chooser.pick(LISTS)), value())],
  })
}

/** What is added or deleted. For an attribute without a type of its own, the value is a set. */
function added(p: Placeholders, attribute: string): string {
  const target = p.chooser.choose('add target', {
    attribute: [6, () => p.name(attribute)],
    path: () => p.path(attribute),
  })
  const value = ATTRIBUTES[attribute] ? p.valueFor(attribute) : p.value(p.values.of('SS'))
  return `${target} ${value}`
}
