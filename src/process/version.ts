import { existsSync, readFileSync } from 'node:fs'

/** Of the package that this file belongs to, however deep it was built. */
export function packageVersion(): string {
  let folder = new URL('.', import.meta.url)
  while (!existsSync(new URL('package.json', folder))) folder = new URL('..', folder)
  const { version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'))
  return version
}
