/**
 * `npm run test:differential -- [--operations N] [--seed N] [--main FILE]`: compares the DynamoDB
 * wire of this build, or of the build with this main.js, with DynamoDB Local. The default seed is
 * the commit's id. `--against itself` compares DynamoDB Local with itself. `--against faults`
 * compares it with services that have one planted bug each, and requires that each is found.
 */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startDynamoDb } from '../stack/dynamodb-local/start.ts'
import { interruption } from '../stack/processes.ts'
import { projectRoot } from '../stack/project.ts'
import { Service } from '../support/service.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { compareServices, type Outcome } from './differential.ts'
import { Peer } from './peer.ts'
import { withPlainNumbers } from './plain-numbers.ts'
import { FaultyPeer, PLANTED_BUGS } from './planted-bugs.ts'
import { faultsOf, report } from './report.ts'

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '50000' },
    seed: { type: 'string' },
    differences: { type: 'string', default: '200' },
    main: { type: 'string' },
    against: { type: 'string', default: 'service' },
  },
})

function seedOfCommit(): number {
  const folder = { cwd: projectRoot(), encoding: 'utf8' } as const
  return Number.parseInt(execFileSync('git', ['rev-parse', 'HEAD'], folder).slice(0, 7), 16)
}

const { signal } = interruption()
const seed = values.seed === undefined ? seedOfCommit() : Number(values.seed)

/** Begins with new tables on both sides. */
function compareWith(judge: string, ours: Peer, differencesMax: number): Promise<Outcome> {
  const theirs = new Peer(judge, accessKey(), withPlainNumbers)
  const operations = Number(values.operations)
  return compareServices({ theirs, ours, seed, operations, differencesMax, signal })
}

function accessKey(): string {
  return randomUUID().replaceAll('-', '')
}

async function compare(judge: string, ours: Peer): Promise<boolean> {
  const outcome = await compareWith(judge, ours, Number(values.differences))
  process.stdout.write(report(outcome))
  return faultsOf(outcome).length === 0
}

async function findPlantedBugs(judge: string): Promise<boolean> {
  let found = 0
  const bugs = Object.entries(PLANTED_BUGS)
  for (const [name, bug] of bugs) {
    if (signal.aborted) break
    const faulty = new FaultyPeer(judge, accessKey(), bug)
    const { differences } = await compareWith(judge, faulty, 1)
    const [first] = differences
    if (first !== undefined) found++
    console.log(`${name}: ${first ? `operation ${first.at}` : 'not found'}`)
  }
  console.log(`${found} of ${bugs.length} planted faults found`)
  return found === bugs.length
}

async function compareService(judge: string): Promise<boolean> {
  const service = await Service.start({}, values.main === undefined ? {} : { main: values.main })
  try {
    return await compare(judge, new Peer(service.url, accessKey()))
  } finally {
    await service.stop()
  }
}

console.log(`SEED=${seed}`)
const folder = new TemporaryFolder('differential')
const part = await startDynamoDb({ folder: folder.path, signal })
const judge = part.environment.MAGNETODB_TEST_DYNAMODB ?? ''
try {
  const runs: Readonly<Record<string, () => Promise<boolean>>> = {
    service: () => compareService(judge),
    itself: () => compare(judge, new Peer(judge, accessKey(), withPlainNumbers)),
    faults: () => findPlantedBugs(judge),
  }
  const isGood = await runs[values.against]?.()
  process.exitCode = isGood ? 0 : 1
} finally {
  await part.stop()
  folder.remove()
}
