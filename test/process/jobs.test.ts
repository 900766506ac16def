import { suite } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { deleteWhileProcessesDie } from './jobs-of-processes.ts'
import { stopCallerOverReplacement } from './stopped-caller.ts'

/** On LMDB. For Cassandra see test/live/cassandra/jobs.test.ts. */
const test = suite('tables deleted among processes')

for (const [what, scenario] of [
  ['tables go for good while processes are killed and stopped', deleteWhileProcessesDie],
  ['a process that was stopped uses no old definition', stopCallerOverReplacement],
] as const) {
  test(what, async () => {
    const folder = new TemporaryFolder()
    try {
      const options = { path: folder.path, mapSizeBytes: 512 * 1024 * 1024 }
      await scenario({ name: 'lmdb', options })
    } finally {
      folder.remove()
    }
  })
}

test.run()
