/** `npm run bench:wires`: the cost of a GetItem on LMDB in DynamoDB's API beside v1, and of a
 * signature, which the worker verifies itself, beside a token. */
import { parseArgs } from 'node:util'
import { runBench } from '../command.ts'
import { startDynamodbApi, startMagnetodb, startSignedApi } from '../servers/magnetodb.ts'
import { markdownTable } from '../table.ts'
import {
  comparePair,
  PAIR_ARGUMENTS,
  PAIR_USAGE,
  type Pair,
  type PairOptions,
  pairHeadings,
  pairOptions,
} from './pair.ts'

function parseOptions(args: readonly string[]): PairOptions {
  return pairOptions(parseArgs({ args: [...args], options: PAIR_ARGUMENTS }).values)
}

const PAIRS: readonly (Pick<Pair, 'start'> & { readonly headings: readonly string[] })[] = [
  {
    headings: pairHeadings('v1', 'dynamodb'),
    start: [() => startMagnetodb('lmdb'), startDynamodbApi],
  },
  { headings: pairHeadings('token', 'signed'), start: [startDynamodbApi, startSignedApi] },
]

async function bench(options: PairOptions, signal: AbortSignal): Promise<void> {
  for (const { headings, start } of PAIRS) {
    const rows = await comparePair({ start, operations: ['GetItem'] }, options, signal)
    process.stdout.write(markdownTable(headings, rows, 1))
  }
}

await runBench({ usage: `npm run bench:wires -- ${PAIR_USAGE}`, parseOptions, bench })
