import { realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ConfigSource } from './config-files.ts'
import { parseIni } from './ini.ts'
import type { OptionGroups } from './option.ts'
import { OPTION_GROUPS, type Options } from './option-groups.ts'

const READ_BY_OTHERS = 0o004
const ENTERED_BY_OTHERS = 0o001
const PRIVATE_KEY_OPTION = /key_?file$/

/** A warning for each file that contains a secret and is readable by every user. */
export function openSecrets(files: readonly ConfigSource[], options: Options): readonly string[] {
  const withSecrets = files
    .map((file) => ({ path: file.name, holds: secretsIn(file) }))
    .filter(({ holds }) => holds.length > 0)
  return [...withSecrets, ...privateKeys(options)]
    .filter(({ path }) => isReadByOthers(path))
    .map(({ path, holds }) => `every user of this machine can read ${path}: ${holds.join(', ')}`)
}

function secretsIn({ name, text }: ConfigSource): string[] {
  const groups: OptionGroups = OPTION_GROUPS
  return [...parseIni(text, name)].flatMap(([section, assignments]) => {
    const options = Object.hasOwn(groups, section) ? groups[section]?.options : undefined
    const secrets = [...assignments.keys()].filter((option) => options?.[option]?.secret)
    return secrets.map((secret) => `[${section}] ${secret}`)
  })
}

function privateKeys(options: Options): { path: string; holds: string[] }[] {
  return Object.entries(options).flatMap(([section, group]) =>
    Object.entries(group)
      .filter(([name]) => PRIVATE_KEY_OPTION.test(name))
      .flatMap(([name, path]: [string, unknown]) =>
        typeof path === 'string' ? [{ path, holds: [`[${section}] ${name}`] }] : [],
      ),
  )
}

function isReadByOthers(path: string): boolean {
  try {
    const file = realpathSync(path)
    return (statSync(file).mode & READ_BY_OTHERS) !== 0 && isEnteredByOthers(dirname(file))
  } catch {
    return false
  }
}

function isEnteredByOthers(folder: string): boolean {
  if ((statSync(folder).mode & ENTERED_BY_OTHERS) === 0) return false
  const parent = dirname(folder)
  return parent === folder || isEnteredByOthers(parent)
}
