import type { Config } from './load.ts'
import type { OptionGroup, OptionGroups } from './option.ts'
import { OPTION_GROUPS } from './option-groups.ts'

export interface ReloadedConfig {
  /** The running configuration with new values of its mutable options. */
  readonly config: Config
  /** Options whose change needs a restart, as `[section] name`. */
  readonly immutableChanges: readonly string[]
}

/** Applies a configuration that was read again to the running one. */
export function reloadedConfig(running: Config, read: Config): ReloadedConfig {
  const immutableChanges: string[] = []
  const groups: OptionGroups = OPTION_GROUPS
  const changed = Object.entries(groups).map(([section, group]) => {
    const before = valuesOf(running, section)
    const after = valuesOf(read, section)
    const names = Object.keys(group.options).filter((name) => !areEqual(before[name], after[name]))
    const [mutable, immutable] = partition(names, group)
    immutableChanges.push(...immutable.map((name) => `[${section}] ${name}`))
    const taken = Object.fromEntries(mutable.map((name) => [name, after[name]]))
    return [section, Object.freeze({ ...before, ...taken })] as const
  })
  const config = Object.freeze({ ...running, ...Object.fromEntries(changed) })
  return { config, immutableChanges }
}

type Values = Readonly<Record<string, unknown>>

function valuesOf(config: Config, section: string): Values {
  return config[section as keyof typeof OPTION_GROUPS]
}

function partition(names: readonly string[], { options }: OptionGroup) {
  const isMutable = (name: string) => options[name]?.mutable === true
  return [names.filter(isMutable), names.filter((name) => !isMutable(name))] as const
}

function areEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
