import * as assert from 'uvu/assert'
import type { Decoded } from '../../../src/dialect/dynamodb/attribute/attributes.ts'
import { Faults } from '../../../src/dialect/dynamodb/attribute/faults.ts'
import { RequestExpressions } from '../../../src/dialect/dynamodb/expression/request-expressions.ts'
import { Templates } from '../../../src/dialect/dynamodb/expression/templates.ts'
import { BlockCounter } from '../../support/counted-blocks.ts'
import { suite } from '../../support/suite.ts'
import { messageOf } from './message-of.ts'

/** The cost of hostile expressions, in executed blocks of code, which do not depend on the
 * machine. */
const steps = suite('steps of hostile expressions')

const EXPRESSION_BYTES = 4096
/** Executed blocks per byte of an expression. The most expensive one takes less than half. */
const STEPS_PER_BYTE_MAX = 50

const blocks = new BlockCounter()
steps.before(() => blocks.start())
steps.after(() => blocks.end())

function value(i: number): Decoded {
  return { value: { type: 'S', value: `${i}` }, faults: new Faults() }
}

function names(count: number): Map<string, string> {
  return new Map(Array.from({ length: count }, (_, i) => [`#n${i}`, `name${i}`]))
}

function values(count: number): Map<string, Decoded> {
  return new Map(Array.from({ length: count }, (_, i) => [`:v${i}`, value(i)]))
}

/** Repeats the part as often as it fits. */
function filled(part: (i: number) => string, bytes: number, start = ''): string {
  let text = start
  for (let i = 0; text.length + part(i).length <= bytes; i++) text += part(i)
  return text
}

type Work = (expressions: (parameters?: object) => RequestExpressions, bytes: number) => void

function conditionOf(part: (i: number) => string): Work {
  return (expressions, bytes) =>
    expressions({
      ExpressionAttributeNames: names(500),
      ExpressionAttributeValues: values(100),
    }).condition('FilterExpression', filled(part, bytes))
}

function updateOf(start: string, part: (i: number) => string): Work {
  return (expressions, bytes) =>
    expressions({ ExpressionAttributeNames: names(500) }).update(filled(part, bytes, start))
}

const HOSTILE: Readonly<Record<string, Work>> = {
  'open brackets': conditionOf(() => '('),
  'closed brackets': conditionOf(() => ')'),
  NOT: conditionOf(() => 'NOT '),
  'functions in functions': conditionOf(() => 'size('),
  'brackets around conditions': conditionOf((i) => `(a${i} = :v1 OR `),
  'a deep path': conditionOf((i) => (i === 0 ? 'a' : '.a')),
  indexes: conditionOf((i) => (i === 0 ? 'a' : '[0]')),
  'many conditions': conditionOf((i) => `${i === 0 ? '' : ' OR '}a${i % 10}=:v1`),
  'many operands of IN': conditionOf((i) => (i === 0 ? 'a IN (:v0' : `,:v${i % 90}`)),
  'many names': conditionOf((i) => `${i === 0 ? 'a = ' : '.'}#n${i % 400}`),
  'characters that no expression has': conditionOf(() => '%'),
  'one long word': conditionOf(() => 'a'),
  'open brackets of SET': updateOf('SET a = ', () => '('),
  'functions of SET in functions': updateOf('SET a = ', () => 'if_not_exists(a, '),
  sums: updateOf('SET a = b', () => '+b'),
  'many actions': updateOf('SET z = z1', (i) => `,a${i}=b`),
  'many removed paths': updateOf('REMOVE z', (i) => `,a.b[${i}]`),
  'paths that begin alike': updateOf('REMOVE z', (i) => `,a.a.a.a.a.a.a${i}`),
  'a projection': (expressions, bytes) =>
    expressions().projection(filled((i) => `${i === 0 ? '' : ','}a.b.c[${i}]`, bytes)),
  'key conditions': (expressions, bytes) =>
    expressions({ ExpressionAttributeValues: values(2) }).keyConditions(
      filled((i) => `${i === 0 ? '' : ' AND '}a${i}=:v1`, bytes),
    ),
}

for (const [what, work] of Object.entries(HOSTILE)) {
  steps(`${what} takes a bounded number of steps per byte`, () => {
    const run = (bytes: number) => () => {
      const expressions = (parameters = {}) => new RequestExpressions(new Templates(), parameters)
      messageOf(() => work(expressions, bytes))
    }
    const idle = blocks.count(run(16))
    const perByte = (blocks.count(run(EXPRESSION_BYTES)) - idle) / EXPRESSION_BYTES
    assert.ok(perByte <= STEPS_PER_BYTE_MAX, `${perByte} steps per byte`)
  })
}

steps.run()
