import { ConfigError, quoted } from './config-error.ts'
import type { ConfigSource } from './config-files.ts'
import { didYouMean } from './did-you-mean.ts'
import { type Environment, environmentSections } from './environment.ts'
import { type IniSections, type IniValue, parseIni } from './ini.ts'
import { interpolate } from './interpolate.ts'
import type { InferGroups, Option, OptionGroup, OptionGroups } from './option.ts'

export interface ReadOptions<Groups extends OptionGroups> {
  readonly options: InferGroups<Groups>
  /** Options without effect: `[section] option`, or `[section]` for a whole section. */
  readonly ignored: readonly string[]
}

/**
 * Reads the declared options. The environment overrides files, later files override earlier ones,
 * and later lines earlier ones. The result is frozen. Sections of other programs are ignored,
 * unless their name is similar to a declared one.
 *
 * @throws ConfigError for the first unknown or invalid option
 */
export function readOptions<const Groups extends OptionGroups>(
  groups: Groups,
  sources: readonly ConfigSource[],
  environment: Environment = {},
): ReadOptions<Groups> {
  const ignored = new Set<string>()
  const files = sources.map(({ name, text }) => {
    const sections = parseIni(text, name)
    for (const each of ignoredNames(groups, sections, name)) ignored.add(each)
    return sections
  })
  const variables = environmentSections(groups, environment)
  for (const each of ignoredNames(groups, variables, 'environment')) ignored.add(each)
  const reader = new OptionReader(groups, [...files, variables])
  const options = mapEntries(groups, (section, group) =>
    mapEntries(group.options, (name, option) => reader.valueOf({ section, name, option })),
  )
  return { options: options as InferGroups<Groups>, ignored: [...ignored] }
}

function mapEntries<V, R>(
  record: { readonly [key: string]: V },
  change: (key: string, value: V) => R,
): Readonly<Record<string, R>> {
  const entries = Object.entries(record).map(([key, value]) => [key, change(key, value)] as const)
  return Object.freeze(Object.fromEntries(entries))
}

/** @throws ConfigError for a name that is unknown in a declared section, or close to one */
function* ignoredNames(
  groups: OptionGroups,
  file: IniSections,
  fileName: string,
): Generator<string> {
  for (const [section, assignments] of file) {
    const group = Object.hasOwn(groups, section) ? groups[section] : undefined
    if (group === undefined) {
      const hint = didYouMean(section, Object.keys(groups))
      if (hint === '') {
        yield `[${section}]`
        continue
      }
      throw new ConfigError(`${fileName}: unknown section ${quoted(section)}${hint}`)
    }
    for (const name of ignoredOptions(section, group, assignments)) yield `[${section}] ${name}`
  }
}

function* ignoredOptions(
  section: string,
  { options, unused = {} }: OptionGroup,
  assignments: ReadonlyMap<string, readonly IniValue[]>,
): Generator<string> {
  const known = new Set<string>()
  for (const [name, option] of Object.entries(options)) {
    known.add(name)
    for (const deprecated of option.deprecatedNames ?? []) known.add(deprecated)
  }
  for (const [name, [first]] of assignments) {
    if (known.has(name)) continue
    if (!Object.hasOwn(unused, name)) {
      const hint = didYouMean(name, known)
      throw new ConfigError(
        `${first?.where}: unknown option ${quoted(name)} in section [${section}]${hint}`,
      )
    }
    yield name
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

  /** @param path the options whose references led to this one */
  valueOf(named: NamedOption, path: readonly string[] = []): unknown {
    const { section, name, option } = named
    const assigned = this.#assignmentOf(named)
    if (assigned === undefined) return option.defaultValue
    const text = this.#interpolated(named, assigned, path)
    if (text === '' && option.defaultValue === undefined) return undefined
    const value = text === '' ? undefined : option.type.parse(text)
    if (value !== undefined) return value
    const shown = option.secret ? '' : ` = ${quoted(withoutUser(assigned.text))}`
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

  #interpolated(
    { section, name, option }: NamedOption,
    { where, text }: IniValue,
    path: readonly string[],
  ): string {
    const self = `${section}.${name}`
    if (path.includes(self)) {
      throw new ConfigError(`${where}: circular reference ${[...path, self].join(' -> ')}`)
    }
    return interpolate(text, (reference) => {
      const target = this.#find(reference, section)
      if (target?.option.secret && !option.secret) {
        // Values of options that are not secret appear in messages and logs.
        const secret = `[${target.section}] ${target.name}`
        throw new ConfigError(`${where}: [${section}] ${name}: ${secret} is a secret`)
      }
      if (target !== undefined) return this.#textOf(target, [...path, self])
      // The text after the dollar sign may be part of the secret.
      const shown = option.secret ? '' : ` ${quoted(`$${reference}`)}`
      throw new ConfigError(
        `${where}: [${section}] ${name}: reference${shown} to an unknown option ` +
          '(a dollar sign itself is written $$)',
      )
    })
  }

  /** The text that replaces a reference: the value as Python prints it. */
  #textOf(target: NamedOption, path: readonly string[]): string {
    const value = this.valueOf(target, path)
    if (value === undefined) return ''
    const { type } = target.option
    return type.printed?.(value) ?? type.format(value)
  }

  /** Finds `group.name`, or `name` in the reference's own section or DEFAULT. */
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

/** Removes the text before a URL's host, which may contain a password. */
function withoutUser(text: string): string {
  return text.replace(/^.*@/s, '***@')
}
