import * as assert from 'uvu/assert'
import { attributeValue } from '../../src/dialect/dynamodb/attribute/attributes.ts'
import { decodeValue as decodeDocument } from '../../src/dialect/dynamodb/attribute/decode-value.ts'
import { Faults } from '../../src/dialect/dynamodb/attribute/faults.ts'
import { expressionAttributeValues } from '../../src/dialect/dynamodb/decode/parameters.ts'
import { list } from '../../src/dialect/dynamodb/shapes/collections.ts'
import { parseJson } from '../../src/dialect/json.ts'
import { decodeValue } from '../../src/dialect/magnetodb/attribute-codec.ts'
import { added, subtracted } from '../../src/expression/collections.ts'
import type { AttributeValue } from '../../src/model/attribute-value.ts'
import { finished, isSteps, type Stepped, type Steps } from '../../src/model/steps.ts'
import { encodeInSteps, readInSteps } from '../../src/model/typed-json.ts'
import { BlockCounter } from '../support/counted-blocks.ts'
import { suite } from '../support/suite.ts'

/** What is done with large values is done in pieces. */
const pieces = suite('pieces')

/** Of the quickest, a millisecond has more. Less than two for each element of the sets. */
const BLOCKS_MAX = 64_000
const blocks = new BlockCounter()
pieces.before(() => blocks.start())
pieces.after(() => blocks.end())

const COUNT = 40_000
const indexes = Array.from({ length: COUNT }, (_, i) => COUNT - i)
const binaries = { BS: indexes.map((i) => Buffer.from([i >> 16, i >> 8, i]).toString('base64')) }
const numbers = { NS: indexes.map(String) }
/** As many as are sorted at once if they are short. They differ at their ends. */
const longTexts = { SS: indexes.slice(0, 2_000).map((i) => 'x'.repeat(4_000) + 1e5 * (i % 7) + i) }
const few = { BS: binaries.BS.slice(0, 2) }
const canonical = (json: object): AttributeValue => finished(decodeValue(json))
const storedText = (json: object) => finished(encodeInSteps(new Map([['a', canonical(json)]]))).json
const many = <T>(value: T) =>
  Object.fromEntries(indexes.slice(0, 32_000).map((i) => [`:${i}`, value]))

const WORK: Readonly<Record<string, () => () => Stepped<unknown>>> = {
  'a body is scanned and parsed': () => {
    const body = Buffer.from(JSON.stringify([binaries, numbers]))
    return () => parseJson(body)
  },
  'a set of binaries is decoded': () => () => decodeValue(binaries),
  'a set of numbers is decoded': () => () => decodeValue(numbers),
  "a set of DynamoDB's API is decoded": () => () => decodeDocument(binaries, new Faults()),
  'a set of long texts is decoded': () => () => decodeDocument(longTexts, new Faults()),
  'long texts in order are decoded': () => {
    const inOrder = { SS: longTexts.SS.toSorted() }
    return () => decodeDocument(inOrder, new Faults())
  },
  'a map of values is decoded': () => () => expressionAttributeValues.read(many({ N: '1' })),
  'a list of values is decoded': () => () =>
    list(attributeValue).read(indexes.map(() => ({ N: '1' }))),
  'a stored set is read': () => {
    const text = storedText(binaries)
    return () => readInSteps(text)
  },
  'sets are united': () => {
    const [old, more] = [canonical(binaries), canonical(few)]
    return () => added('a', old, more)
  },
  'a set is taken from another': () => {
    const old = canonical(binaries)
    return () => subtracted('a', old, old)
  },
}

/** The most blocks that are run in one piece. */
function longestPiece(work: () => Stepped<unknown>): number {
  let steps: Stepped<unknown>
  let most = blocks.count(() => {
    steps = work()
  })
  for (let isOver = !isSteps(steps); !isOver; ) {
    const count = blocks.count(() => {
      isOver = (steps as Steps<unknown>).next().done === true
    })
    most = Math.max(most, count)
  }
  return most
}

for (const [what, prepared] of Object.entries(WORK)) {
  pieces(`${what} in pieces`, () => {
    const most = longestPiece(prepared())
    assert.ok(most <= BLOCKS_MAX, `${most} blocks in one piece`)
  })
}

pieces.run()
