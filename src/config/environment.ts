import { ConfigError, quoted } from './config-error.ts'
import { didYouMean } from './did-you-mean.ts'
import type { IniSections, IniValue } from './ini.ts'
import type { OptionGroups } from './option.ts'

/** Environment variables as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** oslo.config's variables: section and option in upper case. */
const OSLO_VARIABLE = /^OS_(.+?)__(.+)$/s

/**
 * The options set by environment variables, such as `OS_DEFAULT__WORKERS=2` for `[DEFAULT]
 * workers`, in the form of a file. Variables of unknown sections belong to other programs and are
 * ignored. As in oslo.config, deprecated names have no effect.
 *
 * @throws ConfigError for an unknown option of a known section
 */
export function environmentSections(groups: OptionGroups, environment: Environment): IniSections {
  const variables = declaredVariables(groups)
  const sections = new Map<string, Map<string, readonly IniValue[]>>()
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined) continue
    const declared = variables.get(variable)
    if (declared === undefined) {
      refuseUnknown(groups, variable, variables.keys())
      continue
    }
    const [section, name] = declared
    const options = sections.get(section) ?? new Map()
    options.set(name, [{ text, where: variable }])
    sections.set(section, options)
  }
  return sections
}

/** Section and option of each variable, including options without effect. */
function declaredVariables(groups: OptionGroups): Map<string, readonly [string, string]> {
  const variables = new Map<string, readonly [string, string]>()
  for (const [section, { options, unused = {} }] of Object.entries(groups)) {
    for (const name of [...Object.keys(options), ...Object.keys(unused)]) {
      variables.set(`OS_${section.toUpperCase()}__${name.toUpperCase()}`, [section, name])
    }
  }
  return variables
}

function refuseUnknown(groups: OptionGroups, variable: string, known: Iterable<string>): void {
  const [, section] = OSLO_VARIABLE.exec(variable) ?? []
  if (!Object.keys(groups).some((name) => name.toUpperCase() === section)) return
  const hint = didYouMean(variable, known)
  throw new ConfigError(`the environment variable ${quoted(variable)} names no option${hint}`)
}
