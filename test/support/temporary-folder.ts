import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Call `remove` in the test's cleanup. */
export class TemporaryFolder {
  readonly path: string

  constructor(what = 'test') {
    this.path = mkdtempSync(join(tmpdir(), `magnetodb-${what}-`))
  }

  /** Writes a file in the folder, and returns its path. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name)
    writeFileSync(path, content)
    return path
  }

  readonly remove = (): void => rmSync(this.path, { recursive: true, force: true })
}
