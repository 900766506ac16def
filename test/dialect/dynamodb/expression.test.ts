import * as assert from 'uvu/assert'
import { decodeValue } from '../../../src/dialect/dynamodb/attribute/decode-value.ts'
import { Faults } from '../../../src/dialect/dynamodb/attribute/faults.ts'
import { RequestExpressions } from '../../../src/dialect/dynamodb/expression/request-expressions.ts'
import { Templates } from '../../../src/dialect/dynamodb/expression/templates.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { finished } from '../../../src/model/steps.ts'
import { suite } from '../../support/suite.ts'

const expression = suite('expressions')

type Typed = Readonly<Record<string, unknown>>

/** Expressions with `:x` values as typed JSON, `#x` names as text. */
function bound(
  placeholders: Readonly<Record<string, Typed | string>>,
  templates = new Templates(),
) {
  const entries = Object.entries(placeholders)
  const names = entries.filter((each): each is [string, string] => typeof each[1] === 'string')
  const values = entries
    .filter(([name]) => name.startsWith(':'))
    .map(([name, typed]) => {
      const faults = new Faults()
      return [name, { value: finished(decodeValue(typed, faults)), faults }] as const
    })
  return new RequestExpressions(templates, {
    ExpressionAttributeNames: names.length > 0 ? new Map(names) : undefined,
    ExpressionAttributeValues: values.length > 0 ? new Map(values) : undefined,
  })
}

function condition(text: string, placeholders: Readonly<Record<string, Typed | string>> = {}) {
  return bound(placeholders).condition('ConditionExpression', text)
}

function messageOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof MagnetoDBError && error.reason.is === 'invalid_request') {
      return error.reason.message.replace(/^Invalid \w+: /, '')
    }
    throw error
  }
  return 'nothing'
}

const A = { S: 'a' }
const path = (attribute: string, ...steps: (string | number)[]) => ({
  is: 'path',
  path: { attribute, steps },
})
const value = (text: string) => ({ is: 'value', value: { type: 'S', value: text } })

expression('NOT binds tighter than AND, AND tighter than OR', () => {
  const eq = (name: string) => ({ op: 'eq', left: path(name), right: value('a') })
  assert.equal(condition('x = :a OR NOT y = :a AND z = :a', { ':a': A }), {
    op: 'or',
    conditions: [eq('x'), { op: 'and', conditions: [{ op: 'not', condition: eq('y') }, eq('z')] }],
  })
  assert.equal(condition('(x = :a OR y = :a) AND z = :a', { ':a': A }), {
    op: 'and',
    conditions: [{ op: 'or', conditions: [eq('x'), eq('y')] }, eq('z')],
  })
})

expression('the AND of BETWEEN does not join conditions', () => {
  assert.equal(condition('x BETWEEN :a AND :a AND y = :a', { ':a': A }), {
    op: 'and',
    conditions: [
      { op: 'between', operand: path('x'), low: value('a'), high: value('a') },
      { op: 'eq', left: path('y'), right: value('a') },
    ],
  })
})

expression('a name placeholder stands for one attribute name, even with dots', () => {
  const found = condition('#a.b[2].#c = :a', { '#a': 'x.y', '#c': 'from', ':a': A })
  assert.equal(found, { op: 'eq', left: path('x.y', 'b', 2, 'from'), right: value('a') })
})

expression('keywords may have any case, but functions only lower case', () => {
  assert.is(condition('not x in (:a) or begins_with(y, :a)', { ':a': A })?.op, 'or')
  const message = messageOf(() => condition('BEGINS_WITH(y, :a)', { ':a': A }))
  assert.is(message, 'Invalid function name; function: BEGINS_WITH')
})

expression('a syntax error names the token and its neighbors', () => {
  for (const [text, token, near] of [
    ['x =', '<EOF>', '='],
    ['x', '<EOF>', 'x'],
    ['x = :a)', ')', ':a)'],
    ['(x = :a', '<EOF>', ':a'],
    ['x = :a y', 'y', ':a y'],
    ['x AND y', 'AND', 'x AND y'],
    ['x = y = z', '=', 'y = z'],
    ['x BETWEEN :a OR :a', 'OR', ':a OR :a'],
    ['x IN ()', ')', '()'],
    ['size() = :a', ')', '() ='],
    ['x IN :a', ':a', 'IN :a'],
    ['x.[0] = :a', '[', '.[0'],
    ['x[:a] = :a', ':a', '[:a]'],
    ['%', '%', '%'],
    ['x = NOT', 'NOT', '= NOT'],
    ['contains(NOT x, :a)', 'NOT', '(NOT x'],
    ['x = between :a', 'between', '= between :a'],
    ['contains(x, IN)', 'IN', ', IN)'],
    ['x = AND (y)', 'AND', '= AND ('],
    ['x.Set = :a', 'Set', '.Set ='],
    ['contains(x = :a, y)', '=', 'x = :a'],
    ['x BETWEEN (y = :a) AND y', '=', 'y = :a'],
    ['x BETWEEN y AND (y = :a)', '=', 'y = :a'],
    ['x = (y > :a)', '>', 'y > :a'],
    ['x IN (y, (x AND y))', 'AND', 'x AND y'],
  ] as const) {
    const message = messageOf(() => condition(text, { ':a': A }))
    assert.is(message, `Syntax error; token: "${token}", near: "${near}"`, text)
  }
})

expression("an error in a well-formed condition has DynamoDB's message", () => {
  const n = { N: '1' }
  for (const [text, message] of [
    ['((x = :a))', 'The expression has redundant parentheses;'],
    ['abort = ((x)) )', 'The expression has redundant parentheses;'],
    ['size(x)', 'used this way in an expression; function: size'],
    ['if_not_exists(x, :a)', 'not allowed in a condition expression; function: if_not_exists'],
    ['begins_with(x, :a) = :a', 'used this way in an expression; function: begins_with'],
    ['size = :a', 'Attribute name is a reserved keyword; reserved keyword: size'],
    ['#n = :a', 'name used in the document path is not defined; attribute name: #n'],
    ['x = :b', 'value used in expression is not defined; attribute value: :b'],
    ['contains(x)', 'operator or function: contains, number of operands: 1'],
    ['x.y = x.y', 'operator: =, first operand: [x, y]'],
    ['x IN (:a, x)', 'operator: IN, first operand: [x]'],
    ['x BETWEEN x AND :t', 'operator or function: BETWEEN, operand type: BOOL'],
    ['x BETWEEN :a AND x', 'operator: BETWEEN, first operand: [x]'],
    ['attribute_exists(:a)', 'a document path; operator or function: attribute_exists'],
    ['attribute_type(:a, :n)', 'operator or function: attribute_type, operand type: N'],
    ['attribute_type(x, :a)', 'Invalid attribute type name found; type: a, valid types: '],
    ['begins_with(x, :n)', 'operator or function: begins_with, operand type: N'],
    ['size(:n) = :n', 'operator or function: size, operand type: N'],
    ['x < :t', 'operator or function: <, operand type: BOOL'],
    ['x BETWEEN :a AND :n', 'requires same data type for lower and upper bounds'],
    ['x BETWEEN :n AND :z', 'upper bound to be greater than or equal to lower bound'],
    ['x BETWEEN :n AND :z', 'lower bound operand: AttributeValue: {N:1}, upper'],
  ] as const) {
    const values = { ':a': A, ':n': n, ':z': { N: '0' }, ':t': { BOOL: true } }
    assert.ok(messageOf(() => condition(text, values)).includes(message), `${text}: ${message}`)
  }
})

expression('a bound that is a size is not checked without the item', () => {
  assert.ok(condition('x BETWEEN size(:a) AND :a', { ':a': A }))
})

expression('parentheses around an operand or a condition are accepted', () => {
  for (const text of ['(x) = :a', '(x = :a)', '(x = :a) OR (y = :a)', '(x = :a OR (y = :a))']) {
    assert.ok(condition(text, { ':a': A }), text)
  }
})

expression('300 operators are accepted, and more are refused', () => {
  const chain = (count: number) => Array(count).fill('x = :a').join(' OR ')
  assert.ok(condition(chain(150), { ':a': A }))
  assert.match(
    messageOf(() => condition(chain(152), { ':a': A })),
    'more than 300 operators',
  )
  assert.ok(condition(`${'NOT '.repeat(299)}x = :a`, { ':a': A }))
})

expression('4,096 opening brackets of any kind are refused without a stack overflow', () => {
  const kinds = ['(', 'NOT ', 'size(', 'x IN (', '[']
  for (const kind of kinds) {
    const text = kind.repeat(Math.floor(4096 / kind.length))
    assert.not.equal(
      messageOf(() => condition(text)),
      'nothing',
      kind,
    )
  }
  for (const kind of ['(', 'if_not_exists(a, ', 'list_append(']) {
    const text = `SET a = ${kind.repeat(Math.floor(4080 / kind.length))}`
    assert.not.equal(
      messageOf(() => bound({}).update(text)),
      'nothing',
      kind,
    )
  }
})

expression('more brackets than the operators could need are refused', () => {
  const nested = (count: number) => `${'('.repeat(count)}x = :a${')'.repeat(count)}`
  const redundant = 'The expression has redundant parentheses;'
  assert.is(
    messageOf(() => condition(nested(400), { ':a': A })),
    redundant,
  )
  const needed = `${'(y = :a OR '.repeat(149)}x = :a${')'.repeat(149)}`
  assert.ok(condition(needed, { ':a': A }))
})

expression('an expression over 4,096 bytes, or an empty one, is refused', () => {
  const text = `x = :a OR ${' '.repeat(4096)}`
  assert.match(
    messageOf(() => condition(text)),
    'exceeded the maximum allowed size',
  )
  assert.is(
    messageOf(() => condition(' ')),
    'The expression can not be empty;',
  )
})

expression('SET accepts functions and one plus or minus', () => {
  const update = bound({ ':n': { N: '1' }, ':l': { L: [] } }).update(
    'SET a = if_not_exists(b.c, :n) + :n, d[1] = list_append(:l, d) REMOVE e ADD f :n',
  )
  assert.equal(
    update?.map(({ action }) => action),
    ['set', 'set', 'remove', 'add'],
  )
  assert.equal(update?.[1], {
    action: 'set',
    path: { attribute: 'd', steps: [1] },
    value: {
      is: 'list_append',
      left: { is: 'value', value: { type: 'L', value: [] } },
      right: { is: 'path', path: { attribute: 'd', steps: [] } },
    },
  })
  const two = messageOf(() => bound({ ':n': { N: '1' } }).update('SET a = b + :n + :n'))
  assert.is(two, 'Syntax error; token: "+", near: ":n + :n"')
})

expression("an invalid update is refused with DynamoDB's message", () => {
  const values = { ':n': { N: '1' }, ':s': A, ':ss': { SS: ['x'] } }
  for (const [text, message] of [
    ['SET a = :n SET b = :n', 'The "SET" section can only be used once in an update expression;'],
    ['SET a = :n, a.b = :n', 'overlap with each other; must remove or rewrite one'],
    ['SET a.b = :n REMOVE a', 'path one: [a, b], path two: [a]'],
    ['SET a.b = :n, a[0] = :n', 'Two document paths conflict with each other'],
    ['ADD a :s', 'operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND'],
    ['DELETE a :n', 'operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND'],
    ['SET a = :s + :n', 'operator or function: +, operand type: S'],
    ['SET a = list_append(:n, b)', 'operator or function: list_append, operand type: N'],
    ['SET a = if_not_exists(:n, :n)', 'a document path; operator or function: if_not_exists'],
    ['SET a = if_not_exists(b, b)', 'operator: if_not_exists, first operand: [b]'],
    ['SET a = begin_with(a, :n)', 'Invalid function name; function: begin_with'],
    ['SET a = size(a)', 'The function is not allowed in an update expression; function: size'],
    ['SET a = list_append(list_append(a, b), c)', 'used this way in an expression; function: list'],
    ['SET a = b + list_append(a, b)', 'used this way in an expression; function: list_append'],
    ['SET a = b + (c + d)', 'Syntax error; token: "+", near: "c + d"'],
    ['SET a = list_append(b + c, d)', 'Syntax error; token: "+", near: "b + c"'],
    ['SET a = if_not_exists(a)', 'operator or function: if_not_exists, number of operands: 1'],
    ['SET a = ((b))', 'The expression has redundant parentheses;'],
    ['SET a = b.:n', 'attribute name used in the document path is not defined; attribute name: :n'],
    ['ADD a :s, b :n DELETE c :n', 'operator: DELETE, operand type: NUMBER'],
    ['SET a = :s + :n, b = #c', 'is not defined; attribute name: #c'],
    ['SET a = :s + :n, #b = :n', 'is not defined; attribute name: #b'],
    ['SET a = :s + :n, a = :n', 'overlap with each other; must remove or rewrite one'],
    ['DELETE a b', 'Syntax error; token: "b", near: "a b"'],
    ['REMOVE REMOVE #g', 'Syntax error; token: "REMOVE", near: "REMOVE REMOVE #g"'],
    ['INVALID SYNTAX HERE', 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'],
  ] as const) {
    const found = messageOf(() => bound(values).update(text))
    assert.ok(found.includes(message), `${text}: ${found}`)
  }
})

expression('key conditions have one condition per key, in either order', () => {
  const values = Object.entries({ ':a': A, ':n': { N: '1' }, ':m': { N: '2' } })
  const keys = (text: string) =>
    bound(Object.fromEntries(values.filter(([name]) => text.includes(name)))).keyConditions(text)
  assert.equal(
    [...keys('(:n < r) AND ((h = :a))'.replace('((h = :a))', '(h = :a)'))],
    [
      ['r', { op: 'gt', value: { type: 'N', value: '1' } }],
      ['h', { op: 'eq', value: { type: 'S', value: 'a' } }],
    ],
  )
  assert.equal([...keys('h = :a AND r BETWEEN :n AND :m').keys()], ['h', 'r'])
  for (const [text, message] of [
    ['h = :a OR r = :n', 'Invalid operator used in KeyConditionExpression: OR'],
    ['NOT h = :a', 'Invalid operator used in KeyConditionExpression: NOT'],
    ['h <> :a', 'Invalid operator used in KeyConditionExpression: <>'],
    ['h IN (:a)', 'Invalid operator used in KeyConditionExpression: IN'],
    ['contains(h, :a)', 'Invalid operator used in KeyConditionExpression: contains'],
    ['size(h) = :n', 'KeyConditionExpressions cannot contain nested operations'],
    ['r = size(:a)', 'KeyConditionExpressions cannot contain nested operations'],
    [':a = :n', 'No key attribute specified'],
    [':a BETWEEN r AND :n', 'BETWEEN operator must have the key attribute as its first operand'],
    ['h.a = :a', 'KeyConditionExpressions cannot have conditions on nested attributes'],
    ['begins_with(r, :n)', 'operator or function: begins_with, operand type: N'],
    ['h = h', 'operator: =, first operand: [h]'],
    ['h = r', 'Multiple attribute names used in one condition'],
    ['h = :a AND h = :a', 'KeyConditionExpressions must only contain one condition per key'],
  ] as const) {
    const found = messageOf(() => keys(text))
    assert.ok(found.includes(message), `${text}: ${found}`)
  }
})

expression('a key condition looks up its name and its value once', () => {
  const asked: string[] = []
  class Watched<T> extends Map<string, T> {
    override get(name: string): T | undefined {
      asked.push(name)
      return super.get(name)
    }
  }
  const decoded = { value: { type: 'S', value: 'a' }, faults: new Faults() } as const
  new RequestExpressions(new Templates(), {
    ExpressionAttributeNames: new Watched([['#h', 'h']]),
    ExpressionAttributeValues: new Watched([[':a', decoded]]),
  }).keyConditions('#h = :a')
  assert.equal(asked.sort(), ['#h', ':a'])
})

expression('an unused or malformed placeholder is refused', () => {
  const unused = (placeholders: Readonly<Record<string, Typed | string>>) =>
    messageOf(() => {
      const expressions = bound({ '#used': 'u', ...placeholders, ':a': A })
      expressions.condition('FilterExpression', '#used = :a')
      expressions.finish()
    })
  assert.is(
    unused({ '#n': 'n' }),
    'Value provided in ExpressionAttributeNames unused in expressions: keys: {#n}',
  )
  assert.is(
    unused({ ':b': A, ':c': A }),
    'Value provided in ExpressionAttributeValues unused in expressions: keys: {:b, :c}',
  )
  assert.is(unused({}), 'nothing')
  assert.match(
    messageOf(() => bound({ ':a-b': A })),
    'contains invalid key: Syntax error; key: ":a-b"',
  )
  assert.is(
    messageOf(() => bound({ '#a': '' })),
    'ExpressionAttributeNames contains invalid value: Empty attribute name for key #a',
  )
})

expression('a condition with several wrong names reports the first', () => {
  const reserved = 'reserved keyword: status'
  for (const [text, message] of [
    ['attribute_exists(status) AND nothing(x)', reserved],
    ['nothing(x) AND attribute_exists(status)', 'Invalid function name; function: nothing'],
    ['attribute_exists(status) AND x = contains(x, y)', reserved],
    ['x = contains(status, y) AND nothing(x)', 'this way in an expression; function: contains'],
    ['nothing(status)', 'Invalid function name; function: nothing'],
  ] as const) {
    assert.match(
      messageOf(() => condition(text)),
      message,
      text,
    )
  }
})

expression('a projection with several undefined names reports the last', () => {
  assert.match(
    messageOf(() => bound({ '#used': 'u' }).projection('#used, #a.#b, x, #c.#d')),
    'not defined; attribute name: #c',
  )
})

expression('templates are bounded in bytes, and the most recent stay', () => {
  const templates = new Templates(20_000)
  const first = bound({ ':a': A }, templates)
  for (let i = 0; i < 200; i++) {
    first.condition('FilterExpression', 'kept = :a')
    first.condition('FilterExpression', `x${i} = :a`)
    assert.ok(templates.bytes <= 20_000, `${templates.bytes}`)
  }
  assert.ok(templates.bytes > 10_000)
})

expression.run()
