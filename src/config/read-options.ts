import { ConfigError, quoted } from './config-error.ts'
import { didYouMean } from './did-you-mean.ts'
import { type IniSections, type IniValue, parseIni } from './ini.ts'
import { interpolate } from './interpolate.ts'
import type { InferGroups, Option, OptionGroups } from './option.ts'

/** A configuration file that has been read. */
export interface ConfigSource {
  readonly name: string
  readonly text: string
}

/**
 * Reads the declared options from the sources; later sources and later lines win. The result is
 * frozen. Throws a `ConfigError` for the first thing that is unknown or not allowed.
 *
 * @param warn called with a line for each unused option that is set
 */
export function readOptions<const Groups extends OptionGroups>(
  groups: Groups,
  sources: readonly ConfigSource[],
  warn: (line: string) => void = () => {},
): InferGroups<Groups> {
  const files = sources.map(({ name, text }) => parseIni(text, name))
  for (const [index, file] of files.entries()) {
    checkNames(groups, file, sources[index]?.name ?? '', warn)
  }
  const reader = new OptionReader(groups, files)
  const config = mapEntries(groups, (section, group) =>
    mapEntries(group.options, (name, option) => reader.valueOf({ section, name, option })),
  )
  return config as InferGroups<Groups>
}

function mapEntries<V, R>(
  record: { readonly [key: string]: V },
  change: (key: string, value: V) => R,
): Readonly<Record<string, R>> {
  const entries = Object.entries(record).map(([key, value]) => [key, change(key, value)] as const)
  return Object.freeze(Object.fromEntries(entries))
}

function checkNames(
  groups: OptionGroups,
  file: IniSections,
  fileName: string,
  warn: (line: string) => void,
): void {
  for (const [section, assignments] of file) {
    const group = Object.hasOwn(groups, section) ? groups[section] : undefined
    if (group === undefined) {
      const hint = didYouMean(section, Object.keys(groups))
      throw new ConfigError(`${fileName}: unknown section ${quoted(section)}${hint}`)
    }
    const known = new Set<string>()
    for (const [name, option] of Object.entries(group.options)) {
      known.add(name)
      for (const deprecated of option.deprecatedNames ?? []) known.add(deprecated)
    }
    for (const [name, [first]] of assignments) {
      if (known.has(name)) continue
      const unused = group.unused ?? {}
      if (Object.hasOwn(unused, name)) {
        warn(`${first?.where}: [${section}] ${name} has no effect: ${unused[name]}`)
        continue
      }
      const hint = didYouMean(name, known)
      throw new ConfigError(
        `${first?.where}: unknown option ${quoted(name)} in section [${section}]${hint}`,
      )
    }
  }
}

interface NamedOption {
  readonly section: string
  readonly name: string
  readonly option: Option<unknown>
}

class OptionReader {
  readonly #groups: OptionGroups
  readonly #newestFirst: readonly IniSections[]

  constructor(groups: OptionGroups, files: readonly IniSections[]) {
    this.#groups = groups
    this.#newestFirst = files.toReversed()
  }

  valueOf(named: NamedOption): unknown {
    const { section, name, option } = named
    const assigned = this.#assignmentOf(named)
    if (assigned === undefined) return option.defaultValue
    const text = this.#textOf(named, [])
    if (text === '' && option.defaultValue === undefined) return undefined
    const value = text === '' ? undefined : option.type.parse(text)
    if (value !== undefined) return value
    // The text as written: what a reference in it stands for may be a secret.
    const shown = option.secret ? '' : ` = ${quoted(assigned.text)}`
    const { expected } = option.type
    throw new ConfigError(`${assigned.where}: [${section}] ${name}${shown}: must be ${expected}`)
  }

  #assignmentOf({ section, name, option }: NamedOption): IniValue | undefined {
    for (const file of this.#newestFirst) {
      for (const key of [name, ...(option.deprecatedNames ?? [])]) {
        const assigned = file.get(section)?.get(key)?.at(-1)
        if (assigned !== undefined) return assigned
      }
    }
    return undefined
  }

  /** The option's text after interpolation; `path` holds the options that led here. */
  #textOf(named: NamedOption, path: readonly string[]): string {
    const { section, option } = named
    const assigned = this.#assignmentOf(named)
    if (assigned === undefined) {
      return option.defaultValue === undefined ? '' : option.type.format(option.defaultValue)
    }
    const { where, text } = assigned
    const self = `${section}.${named.name}`
    if (path.includes(self)) {
      throw new ConfigError(`${where}: circular reference ${[...path, self].join(' -> ')}`)
    }
    return interpolate(text, (reference) => {
      const target = this.#find(reference, section)
      if (target !== undefined) return this.#textOf(target, [...path, self])
      // What follows the dollar sign of a secret may be a part of it.
      const shown = option.secret ? '' : ` ${quoted(`$${reference}`)}`
      throw new ConfigError(
        `${where}: [${section}] ${named.name}: reference${shown} to an unknown option ` +
          '(a dollar sign itself is written $$)',
      )
    })
  }

  /** `group.name`, or `name` in the section of the reference or else in DEFAULT. */
  #find(reference: string, section: string): NamedOption | undefined {
    const dot = reference.indexOf('.')
    const places =
      dot < 0
        ? [[section, reference] as const, ['DEFAULT', reference] as const]
        : [[reference.slice(0, dot), reference.slice(dot + 1)] as const]
    for (const [place, name] of places) {
      const group = Object.hasOwn(this.#groups, place) ? this.#groups[place] : undefined
      const option = group && Object.hasOwn(group.options, name) ? group.options[name] : undefined
      if (option !== undefined) return { section: place, name, option }
    }
    return undefined
  }
}
