import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'

const run = promisify(execFile)

/** Where the documents say that the service listens. */
export const DOCUMENTED_ADDRESS = 'http://127.0.0.1:8480'

/** What a reader pastes into, one shell after the other. */
export interface Shell {
  /** The service that answers in place of the documented one. */
  readonly url: string
  readonly folder: string
  /** The block that sets `MAGNETODB`, as a reader has pasted it before. */
  readonly exporting: string
}

/** Runs a block in a new shell in which a failed request ends it. @returns what it prints */
export async function paste(
  block: string,
  { url, folder, exporting }: Shell,
  curlOptions = '--fail',
): Promise<string> {
  assert.match(exporting, `export MAGNETODB=${DOCUMENTED_ADDRESS}/`)
  const [exported = ''] = /^export .*$/m.exec(exporting) ?? []
  const curl = `curl() { command curl ${curlOptions} "$@"; }`
  const script = ['set -e', curl, exported, block].join('\n')
  const { stdout } = await run('sh', ['-c', script.replaceAll(DOCUMENTED_ADDRESS, url)], {
    cwd: folder,
  })
  return stdout.replaceAll(url, DOCUMENTED_ADDRESS)
}

/** The answers in what was printed, one a line. */
export function answersIn(printed: string): readonly unknown[] {
  const lines = printed.split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line))
}
