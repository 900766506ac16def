/**
 * `npm run test:differential -- [--operations N] [--seed N] [--main FILE]`: the DynamoDB wire of
 * this build, or of the one with this main.js, beside DynamoDB Local. The seed is the commit's own
 * unless one is given; `--against itself` compares DynamoDB Local with itself.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { RunningService } from '../live/running-service.ts'
import { startDynamoDb } from '../stack/dynamodb.ts'
import { killAllGroups } from '../stack/processes.ts'
import { projectRoot } from '../stack/project.ts'
import { compareServices } from './differential.ts'
import { withPlainNumbers } from './plain-numbers.ts'
import { faultsOf, report } from './report.ts'
import { Service } from './service.ts'

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
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], {
    cwd: projectRoot(),
    encoding: 'utf8',
  })
  return Number.parseInt(commit.slice(0, 7), 16)
}

const interrupted = new AbortController()
process.on('SIGINT', () => interrupted.abort())
process.on('SIGTERM', () => interrupted.abort())
process.once('exit', killAllGroups)
const folder = await mkdtemp(join(tmpdir(), 'magnetodb-differential-'))
const judge = await startDynamoDb({ folder, signal: interrupted.signal })
const judgeUrl = judge.environment.MAGNETODB_TEST_DYNAMODB ?? ''
const isJudgeItself = values.against === 'itself'
const service = isJudgeItself ? undefined : await RunningService.start({}, values.main)
try {
  const outcome = await compareServices({
    theirs: new Service(judgeUrl, 'one', withPlainNumbers),
    ours: new Service(
      service?.url ?? judgeUrl,
      'other',
      isJudgeItself ? withPlainNumbers : undefined,
    ),
    operations: Number(values.operations),
    seed: values.seed === undefined ? seedOfCommit() : Number(values.seed),
    differencesMax: Number(values.differences),
  })
  process.stdout.write(report(outcome))
  process.exitCode = faultsOf(outcome).length === 0 ? 0 : 1
} finally {
  await service?.stop()
  await judge.stop()
  await rm(folder, { recursive: true, force: true })
}
