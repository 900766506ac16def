/**
 * `npm run test:comparison -- --before DIR [--after DIR] [--requests 5000] [--seed N]`: sends the
 * same requests to two builds. Each is a checkout with its `dist/`, and has its own LMDB database.
 * Status, headers and body must be equal except for dates, request ids, times of tables, and ports.
 * Prints counts of requests and answers, and each difference; exits with 1 if there is one.
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { seeded } from '../seeded.ts'
import { projectRoot } from '../stack/project.ts'
import { NEAR_TABLES } from '../support/hostile/near-requests.ts'
import { HOSTILE_CALLER } from '../support/hostile/requests.ts'
import { Service } from '../support/service.ts'
import { Comparison } from './compare.ts'
import { comparedRequest } from './compared-requests.ts'

const { values } = parseArgs({
  options: {
    before: { type: 'string' },
    after: { type: 'string', default: projectRoot() },
    requests: { type: 'string', default: '5000' },
    seed: { type: 'string' },
  },
})
if (values.before === undefined) throw new Error('--before DIR is needed')
if (values.seed !== undefined) process.env.SEED = values.seed

process.env.NODE_OPTIONS = `--import ${new URL('./numbered-tables.js', import.meta.url).href}`

const random = seeded('comparison')
const services: Service[] = []
try {
  for (const folder of [values.before, values.after]) services.push(await start(folder))
  const [before = 0, after = 0] = services.map(({ port }) => port)
  const comparison = new Comparison(before, after)
  for (let sent = 0; sent < Number(values.requests); sent++) {
    await comparison.send(comparedRequest(random))
  }
  await comparison.end()
  print('operations', comparison.operations)
  print('statuses', comparison.statuses)
  print('sentences', comparison.sentences)
  for (const difference of comparison.differences) console.log(difference)
  console.log(`${values.requests} requests, ${comparison.sentences.size} distinct error sentences`)
  console.log(`${comparison.differences.length} differences`)
  process.exitCode = comparison.differences.length > 0 ? 1 : 0
} finally {
  for (const service of services) await service.stop()
}

/** Starts a build's service and creates the tables that most requests use. */
async function start(folder: string): Promise<Service> {
  const main = join(resolve(folder), 'dist/src/main.js')
  const service = await Service.start({ DEFAULT: { workers: 1 } }, { main })
  const client = service.client(HOSTILE_CALLER)
  for (const table of NEAR_TABLES) await client.done('tables', table)
  return service
}

function print(what: string, counts: ReadonlyMap<string | number, number>): void {
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  console.log(`${what}:`)
  for (const [key, times] of sorted) console.log(`${String(times).padStart(6)} ${key}`)
}
