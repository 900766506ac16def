import * as assert from 'uvu/assert'
import { type InProcessService, startService, THREAD_TABLE } from '../support/in-process-service.ts'
import { ask } from '../support/raw-http.ts'
import { suite } from '../support/suite.ts'

/** Each project may read once; the next read is allowed a thousand seconds later. */
const OPTIONS = 'tables_per_project = 2\nreads_per_second = 0.001\n'

const test = suite<{ service: InProcessService }>('quotas')

test.before(async (context) => {
  context.service = await startService(OPTIONS)
})

test.after(({ service }) => service.close())

const tokenOf = (project: string) => [`X-Auth-Token: user:${project}`]

function create({ port }: InProcessService, project: string, name: string) {
  return ask(port, {
    method: 'POST',
    target: `/v1/data/${project}/tables`,
    headers: tokenOf(project),
    body: THREAD_TABLE.replace('thread', name),
  })
}

function list({ port }: InProcessService, project: string) {
  return ask(port, { target: `/v1/data/${project}/tables`, headers: tokenOf(project) })
}

test('CreateTable beyond the quota answers 403 and creates nothing', async ({ service }) => {
  const names = ['one', 'two', 'three']
  const answers = await Promise.all(names.map((name) => create(service, 'full', name)))
  assert.equal(answers.map(({ status }) => status).sort(), [200, 200, 403])
  const refused = answers.find(({ status }) => status === 403)
  const { error } = JSON.parse(refused?.body ?? '')
  assert.equal(error.type, 'QuotaExceeded')
  assert.is(error.message, 'A project may have at most 2 tables')
  assert.is(refused?.headers.get('retry-after'), undefined)
  assert.is(JSON.parse((await list(service, 'full')).body).tables.length, 2)
  assert.is((await create(service, 'other', 'one')).status, 200)
})

test('a read beyond the rate answers 429 with Retry-After', async ({ service }) => {
  assert.is((await list(service, 'fast')).status, 200)
  const refused = await list(service, 'fast')
  assert.is(refused.status, 429)
  const seconds = Number(refused.headers.get('retry-after'))
  assert.ok(seconds > 900 && seconds <= 1_000, `${seconds}`)
  const { error } = JSON.parse(refused.body)
  assert.equal(error.type, 'TooManyRequests')
  assert.is((await create(service, 'fast', 'one')).status, 200, 'writes have their own rate')
  assert.is((await list(service, 'slow')).status, 200, 'other projects have their own rate')
})

test.run()
