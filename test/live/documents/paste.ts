import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'

const run = promisify(execFile)

/** The service's address in the documents. */
export const DOCUMENTED_ADDRESS = 'http://127.0.0.1:8480'

/** The environment of the shells into which a reader pastes blocks. */
export interface Shell {
  /** The service that answers in place of the documented one. */
  readonly url: string
  readonly folder: string
  /** The block that sets `MAGNETODB`, which the reader has pasted before. */
  readonly exporting: string
}

/** Runs a block in a new shell, which ends at the first failed request. @returns its output */
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

/** The responses in the output, one per line. */
export function answersIn(printed: string): readonly unknown[] {
  const lines = printed.split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line))
}
