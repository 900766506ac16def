import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** `remove` belongs into what ends a test. */
export class TemporaryFolder {
  readonly path: string

  constructor(what = 'test') {
    this.path = mkdtempSync(join(tmpdir(), `magnetodb-${what}-`))
  }

  /** The path of a file in it. */
  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name)
    writeFileSync(path, content)
    return path
  }

  readonly remove = (): void => rmSync(this.path, { recursive: true, force: true })
}
