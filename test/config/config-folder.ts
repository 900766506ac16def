import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for one test file; `remove` belongs into its `test.after`. */
export class ConfigFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'magnetodb-config-'))

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name)
    writeFileSync(path, content)
    return path
  }

  remove(): void {
    rmSync(this.path, { recursive: true })
  }
}
