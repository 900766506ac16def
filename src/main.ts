#!/usr/bin/env node
import { nodeRefusal } from './process/package-file.ts'
import { ignoreUnusedSignals } from './process/signals.ts'

ignoreUnusedSignals()

const refusal = nodeRefusal(process.versions.node)
// Everything else is imported later: an old Node.js may not be able to parse it.
if (refusal === undefined) {
  void import('./process/command.ts')
} else {
  process.stderr.write(`magnetodb-api: ${refusal}\n`)
  process.exitCode = 1
}
