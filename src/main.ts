#!/usr/bin/env node
import { isInRange, packageFile } from './process/package-file.ts'

const { node } = packageFile().engines
// Everything else is loaded after this: an old Node.js may not be able to parse it.
if (isInRange(process.versions.node, node)) {
  void import('./process/command.ts')
} else {
  const reason = `Node.js ${process.versions.node} is not supported, only ${node}`
  process.stderr.write(`magnetodb-api: ${reason}\n`)
  process.exitCode = 1
}
