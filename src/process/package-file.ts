import { existsSync, readFileSync } from 'node:fs'

interface PackageFile {
  readonly version: string
  readonly engines: { readonly node: string }
}

/** The package.json of the package that contains this file. */
export function packageFile(): PackageFile {
  let folder = new URL('.', import.meta.url)
  while (!existsSync(new URL('package.json', folder))) folder = new URL('..', folder)
  return JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'))
}

/** The reason why this package does not support a version of Node.js, or undefined. */
export function nodeRefusal(version: string): string | undefined {
  const { node } = packageFile().engines
  return isInRange(version, node) ? undefined : `Node.js ${version} is not supported, only ${node}`
}

/** Whether a version is in a range such as `^20.20.2 || >=24.14.1`. Uses only syntax that every
 * Node.js with modules can parse. */
export function isInRange(version: string, range: string): boolean {
  const actual = version.split('.').map(Number)
  return range.split('||').some((part) => {
    const least = part
      .replace(/[^\d.]/g, '')
      .split('.')
      .map(Number)
    const other = least.findIndex((number, place) => number !== actual[place])
    const isEnough = other < 0 || Number(actual[other]) > Number(least[other])
    return isEnough && (part.includes('>=') || actual[0] === least[0])
  })
}
