/**
 * `npm test [-- [--unit] [PATTERN]]`: runs the compiled tests, bringing up Cassandra, Keystone
 * and memcached for those that need them.
 */

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runTests } from './runner/run-tests.ts'
import { compiledRoot } from './stack/project.ts'

/** Raised as the suite grows, so that a build that lost most of its tests is noticed. */
const FILES_MIN = 10

const { values, positionals } = parseArgs({
  options: { unit: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const [pattern] = positionals
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())
process.once('SIGTERM', () => interrupted.abort())

process.exitCode = await runTests({
  root: join(compiledRoot(), 'test'),
  suffix: '.test.js',
  unitOnly: values.unit,
  ...(pattern === undefined ? {} : { pattern }),
  filesMin: pattern === undefined ? FILES_MIN : 1,
  signal: interrupted.signal,
  write: (text) => process.stdout.write(text),
})
