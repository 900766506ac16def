/** The service with a bug planted into it, in every process; MAGNETODB_TEST_BUG says which. */
import { SERVICE_BUGS } from './service-bugs.ts'

const bug = Object.entries(SERVICE_BUGS).find(([name]) => name === process.env.MAGNETODB_TEST_BUG)
await bug?.[1]()
await import('../../src/main.ts')
