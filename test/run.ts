/**
 * `npm test [-- [--unit] [--title TEXT] [PATTERN]]`: runs the compiled tests, bringing up
 * Cassandra, Keystone, memcached and DynamoDB Local for those that need them.
 */

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runTests } from './runner/run-tests.ts'
import { interruption } from './stack/processes.ts'
import { compiledRoot } from './stack/project.ts'

/** Raised as the suite grows, so that a build that lost most of its tests is noticed. */
const FILES_MIN = 180

const { values, positionals } = parseArgs({
  options: { unit: { type: 'boolean', default: false }, title: { type: 'string' } },
  allowPositionals: true,
})
const [pattern] = positionals
const interrupted = interruption()
// The reader of our output has gone, `npm test | head` for one.
process.stdout.on('error', () => interrupted.abort())

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
// Nor do we outlive the run, whatever it has left open.
process.exit(code)
