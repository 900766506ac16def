/** Requests with one error each. */
import { type Place, placesIn } from '../support/hostile/json.ts'
import type { Chooser } from './chooser.ts'
import type { Request } from './requests.ts'
import type { Json } from './tables.ts'

const TOKEN = /"|[#:]?[\wöß]+|<=|>=|<>|[^\s\w]/g
const TOKENS = [
  ...['(', ')', ',', '.', '[', ']', '=', '<>', '+', 'AND', 'OR', 'NOT', 'IN', 'BETWEEN', 'SET'],
  ...['REMOVE', ':v0', ':v1', ':undefined', '#undefined', 's1', 'size', 'contains', 'list_append'],
  ...['0', '1', 'status', 'Size', 'unknown_function', 'attribute_exists', '$', '"'],
]
const WRONG_VALUES: readonly unknown[] = [
  ...[{ S: 1 }, { N: 'a' }, { N: '' }, { SS: [] }, { SS: ['a', 'a'] }, { NS: ['1', '1.0'] }, {}],
  ...[{ S: 'a', N: '1' }, { NULL: false }, { N: '1e126' }, { N: '1e-131' }, { X: '1' }],
  ...[{ N: '1'.repeat(39) }, { BS: [''] }, { S: '' }, { B: '' }, { L: [{ S: 1 }] }, { N: ' 1' }],
  { NS: ['x'] },
]

export function mutated(c: Chooser, { operation, body }: Request): Request {
  const copy = structuredClone(body)
  c.choose<void>('mutation', {
    'a token': [100, () => mutateExpression(c, copy)],
    'a value': [1, () => mutateValue(c, copy)],
    'a member left out': [1, () => remove(c, copy)],
    'a placeholder left out': [8, () => remove(c, copy, ({ name }) => /^[#:]/.test(name))],
    'a placeholder unused': [4, () => addPlaceholder(c, copy)],
    'a parameter of the other kind': [8, () => mix(c, copy)],
    'a scalar': [1, () => mutateScalar(c, copy)],
    'a start key': [1, () => addStartKey(c, copy)],
  })
  return { operation, body: copy }
}

function pickPlace(c: Chooser, body: Json, isIt: (place: Place) => boolean): Place | undefined {
  const places = placesIn(body).filter(isIt)
  return places.length === 0 ? undefined : c.pick(places)
}

function change(
  c: Chooser,
  body: Json,
  isIt: (place: Place) => boolean,
  to: (old: unknown, name: string) => unknown,
) {
  const place = pickPlace(c, body, isIt)
  if (place) place.holder[place.name] = to(place.holder[place.name], place.name)
}

function mutateExpression(c: Chooser, body: Json): void {
  const isExpression = ({ name, holder }: Place) =>
    name.endsWith('Expression') && typeof holder[name] === 'string'
  change(c, body, isExpression, (old) => {
    const tokens = String(old).match(TOKEN) ?? []
    const at = c.below(tokens.length)
    const token = tokens[at] ?? ''
    const changed = c.choose<string[]>('mutation of tokens', {
      removed: () => [],
      doubled: () => [token, token],
      replaced: [2, () => [c.pick(TOKENS)]],
      inserted: [2, () => [token, c.pick(TOKENS)]],
      parenthesised: () => ['(', token, ')'],
    })
    tokens.splice(at, 1, ...changed)
    return c.chance(3) ? '' : tokens.join(' ')
  })
}

function isValue({ holder, name }: Place): boolean {
  const value = holder[name]
  const [type] = typeof value === 'object' && value !== null ? Object.keys(value) : []
  return type !== undefined && /^(S|N|B|SS|NS|BS|L|M|BOOL|NULL)$/.test(type)
}

function mutateValue(c: Chooser, body: Json): void {
  change(c, body, isValue, () => structuredClone(c.pick(WRONG_VALUES)))
}

function remove(c: Chooser, body: Json, isIt: (place: Place) => boolean = () => true): void {
  const place = pickPlace(c, body, isIt)
  if (place === undefined) return
  const { holder, name } = place
  if (Array.isArray(holder)) holder.splice(Number(name), 1)
  else delete holder[name]
}

function addPlaceholder(c: Chooser, body: Json): void {
  const [member, unused] = c.chance(50)
    ? ['ExpressionAttributeNames', { '#unused': 'a' }]
    : ['ExpressionAttributeValues', { ':unused': { S: 'a' } }]
  body[member] = { ...(body[member] as Json), ...unused }
}

function mix(c: Chooser, body: Json): void {
  Object.assign(
    body,
    c.pick<Json>([
      { AttributesToGet: ['a'] },
      c.chance(20) ? { ConditionalOperator: 'AND' } : { AttributesToGet: ['b'] },
      { Expected: { s1: { Exists: false } } },
      { QueryFilter: { s1: { ComparisonOperator: 'NULL' } } },
      { ScanFilter: { s1: { ComparisonOperator: 'NULL' } } },
      { AttributeUpdates: { s1: { Action: 'DELETE' } } },
      { ConditionExpression: 'attribute_exists(s1)' },
      { ProjectionExpression: 's1' },
      { FilterExpression: 'attribute_exists(s1)' },
    ]),
  )
}

function mutateScalar(c: Chooser, body: Json): void {
  const isScalar = ({ holder, name }: Place) =>
    ['string', 'number', 'boolean'].includes(typeof holder[name]) && !name.endsWith('Expression')
  change(c, body, isScalar, (old, name) => {
    if (typeof old === 'string')
      return c.pick(['', 'NONE', `${old}x`, old.toLowerCase(), 'no-such'])
    // DynamoDB Local has limits of an account.
    const many = name.endsWith('Units') ? 30_000 : 1_000_001
    return typeof old === 'number' ? c.pick([0, -1, many]) : !old
  })
}

function addStartKey(c: Chooser, body: Json): void {
  body.ExclusiveStartKey = c.pick<Json>([
    {},
    { p: { S: 'a' } },
    { p: { S: 'a' }, r: { N: '1' } },
    { p: { S: 'a' }, r: { S: '1' } },
    { p: { S: 'a' }, r: { N: '1' }, si: { S: 'a' } },
    { h: { N: '1' } },
  ])
}
