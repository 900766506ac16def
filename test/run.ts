/**
 * `npm test [-- [--unit] [--title TEXT] [PATTERN]]`: runs the compiled tests, bringing up
 * Cassandra, Keystone, memcached and DynamoDB Local for those that need them.
 */

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runTests } from './runner/run-tests.ts'
import { killAllGroups } from './stack/processes.ts'
import { compiledRoot } from './stack/project.ts'

/** Raise this as the suite grows. It detects a build that has lost most of its tests. */
const FILES_MIN = 180

const { values, positionals } = parseArgs({
  options: { unit: { type: 'boolean', default: false }, title: { type: 'string' } },
  allowPositionals: true,
})
const [pattern] = positionals
const interrupted = new AbortController()
process.on('SIGINT', () => interrupted.abort())
process.on('SIGTERM', () => interrupted.abort())
process.on('SIGHUP', () => interrupted.abort())
// The reader of the output has ended, for example in `npm test | head`.
process.stdout.on('error', () => interrupted.abort())
// Ends all started processes, even if this one fails.
process.once('exit', killAllGroups)

const code = await runTests({
  root: join(compiledRoot(), 'test'),
  suffix: '.test.js',
  unitOnly: values.unit,
  ...(pattern === undefined ? {} : { pattern }),
  ...(values.title === undefined ? {} : { title: values.title }),
  filesMin: pattern === undefined ? FILES_MIN : 1,
  signal: interrupted.signal,
  write: (text) => process.stdout.write(text),
})
// Exits even if something is left open.
process.exit(code)
