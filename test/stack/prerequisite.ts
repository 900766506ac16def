import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The machine lacks something. The message says in one line what it is and how to get it. */
export class MissingPrerequisite extends Error {
  override name = 'MissingPrerequisite'
}

/** The program's path, or a MissingPrerequisite that tells how to get it. */
export function requireProgram(name: string, howToGetIt: string): string {
  const path = findProgram(name)
  if (path === undefined) throw new MissingPrerequisite(`${name} is missing: ${howToGetIt}`)
  return path
}

export function findProgram(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // not in this folder
    }
  }
  return undefined
}
