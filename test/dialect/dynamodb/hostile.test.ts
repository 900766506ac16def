import { Agent, request } from 'node:http'
import * as assert from 'uvu/assert'
import { type Seeded, seeded } from '../../seeded.ts'
import { misspelt, spoilt, tweaked } from '../../support/hostile/json.ts'
import { type InProcessService, startService } from '../../support/in-process-service.ts'
import { suite } from '../../support/suite.ts'
import { call, signedBy } from './dynamodb-client.ts'
import { SAMPLE_REQUESTS, SAMPLE_TABLE } from './sample-requests.ts'

const hostile = suite('hostile requests of the DynamoDB wire')
const REQUESTS = 3_000
const ANSWER_MS_MAX = 5_000

let service: InProcessService
const agent = new Agent({ keepAlive: true, maxSockets: 8 })

hostile.before(async () => {
  service = await startService()
  await call(service.port, 'CreateTable', SAMPLE_TABLE)
})
hostile.after(async () => {
  agent.destroy()
  await service.close()
})

interface Answered {
  readonly status: number
  readonly body: string
}

function post(operation: string, body: string): Promise<Answered> {
  const [, authorization = ''] = /^Authorization: (.*)$/.exec(signedBy('p1')) ?? []
  const headers = {
    'X-Amz-Target': `DynamoDB_20120810.${operation}`,
    Authorization: authorization,
    'Content-Length': Buffer.byteLength(body),
  }
  const { port } = service
  return new Promise((resolve, reject) => {
    const sent = request({ agent, port, host: '127.0.0.1', method: 'POST', headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() })
      })
    })
    sent.setTimeout(ANSWER_MS_MAX, () => sent.destroy(new Error(`no answer to ${operation}`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

hostile('every unchanged sample request succeeds', async () => {
  for (const [operation, body] of SAMPLE_REQUESTS) {
    const { status, body: answer } = await post(operation, JSON.stringify(body))
    const type = status === 200 ? '' : JSON.parse(answer).__type.split('#')[1]
    assert.ok(['', 'ConditionalCheckFailedException'].includes(type), `${operation}: ${answer}`)
  }
})

/** Parts of expressions, to insert at random places. */
const PARTS = ['(', ')', ',', '.', '[0]', '[', 'AND', 'NOT', 'IN', 'BETWEEN', '=', '+', 'size(']
const NAMES = ['a', '#d', ':n', ':t', 'SET', 'REMOVE', 'if_not_exists(', 'attribute_exists(', '😀']

/** The request with changed expressions: a part is added, removed or moved. */
function garbled(json: unknown, random: Seeded): unknown {
  if (Array.isArray(json)) return json.map((each) => garbled(each, random))
  if (typeof json !== 'object' || json === null) return json
  const members = Object.entries(json).map(([name, value]) => [
    name,
    name.endsWith('Expression') && typeof value === 'string'
      ? garbledText(value, random)
      : garbled(value, random),
  ])
  return Object.fromEntries(members)
}

function garbledText(expression: string, random: Seeded): string {
  const words = expression.match(/[#:]?\w+|\S/g) ?? []
  for (let i = random.below(4); i >= 0; i--) {
    const at = random.below(words.length + 1)
    const part = random.pick([...PARTS, ...NAMES, ...words])
    words.splice(at, random.below(2), ...Array(random.below(3)).fill(part))
  }
  return words.join(random.pick(['', ' ', '  ']))
}

hostile('no hostile request answers 500 or gets no answer', async () => {
  const random = seeded('hostile requests of the DynamoDB wire')
  const statuses = new Map<number, number>()
  const one = async (): Promise<void> => {
    const [operation, sample] = random.pick(SAMPLE_REQUESTS)
    if (operation === 'DeleteTable') return
    const kind = random.below(8)
    const changed = kind < 2 ? tweaked(sample, random) : kind < 4 ? spoilt(sample, random) : sample
    const json = JSON.stringify(kind < 7 ? garbled(changed, random) : changed)
    const body = kind === 7 ? misspelt(json, random) : json
    const { status, body: answer } = await post(operation, body)
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    assert.ok(status < 500, `${operation} ${body}: ${status} ${answer}`)
  }
  for (let i = 0; i < REQUESTS; i += 8) await Promise.all(Array.from({ length: 8 }, one))
  assert.ok((statuses.get(200) ?? 0) > REQUESTS / 50, JSON.stringify([...statuses]))
  assert.ok((statuses.get(400) ?? 0) > REQUESTS / 2, JSON.stringify([...statuses]))
})

hostile.run()
