import * as assert from 'uvu/assert'
import { encodeError } from '../../../src/dialect/dynamodb/errors.ts'
import { RequestExpressions } from '../../../src/dialect/dynamodb/expression/request-expressions.ts'
import { Templates } from '../../../src/dialect/dynamodb/expression/templates.ts'
import { Report } from '../../../src/dialect/dynamodb/shapes/report.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { suite } from '../../support/suite.ts'
import { messageOf } from './message-of.ts'

const messages = suite('messages about long input')

messages('a message quotes long paths shortened', () => {
  const path = Array(33).fill('#n').join('.')
  const names = new Map([['#n', 'n'.repeat(65_000)]])
  const project = (): unknown =>
    new RequestExpressions(new Templates(), { ExpressionAttributeNames: names }).projection(
      `${path}, ${path}`,
    )
  const message = messageOf(project)
  assert.match(message, 'Two document paths overlap')
  assert.ok(message.length < 10_000, `${message.length}`)
})

messages('an attribute name over 65,535 bytes is refused', () => {
  const names = new Map([['#n', 'n'.repeat(65_536)]])
  const make = (): unknown =>
    new RequestExpressions(new Templates(), { ExpressionAttributeNames: names })
  assert.match(messageOf(make), 'An attribute name exceeds 65535 bytes')
})

messages("an error's body is bounded, however long its message is", () => {
  const error = new MagnetoDBError({ is: 'invalid_request', message: 'x'.repeat(10_000_000) })
  assert.ok(encodeError(error).body.length < 100_000)
})

messages('a report shows binaries by their length', () => {
  const report = new Report()
  report.add(new Map([['b', Buffer.alloc(3)]]), 'member', 'nothing')
  assert.match(
    messageOf(() => report.finish()),
    "'{b=java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]}'",
  )
})

messages.run()
