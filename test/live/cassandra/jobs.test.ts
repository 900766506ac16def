import { deleteWhileProcessesDie } from '../../process/jobs-of-processes.ts'
import { stopCallerOverReplacement } from '../../process/stopped-caller.ts'
import { suite } from '../../support/suite.ts'
import { TestKeyspace, testOptions } from '../cassandra-keyspace.ts'

const test = suite('tables deleted among processes, on cassandra')

// Both scenarios at once, because each waits for a deletion.
test('tables are deleted for good; a paused process uses no old definition', async () => {
  const scenarios = [deleteWhileProcessesDie, stopCallerOverReplacement].map(async (scenario) => {
    const options = testOptions()
    await scenario({ name: 'cassandra', options }).finally(() => new TestKeyspace(options).drop())
  })
  const outcomes = await Promise.allSettled(scenarios)
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
})

test.run()
