// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are references of INI files
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { ConfigPath } from '../../src/config/config-files.ts'
import { type Option, type OptionGroups, option } from '../../src/config/option.ts'
import { boolean, choice, float, integer, list, port, string } from '../../src/config/value-type.ts'
import type { Seeded } from '../seeded.ts'

/** Random configurations of a few options, for this implementation and for the real oslo.config. */

/** One option as the Python script declares it. */
export interface OptionSpec {
  readonly group: string
  readonly name: string
  readonly type: 'string' | 'choice' | 'integer' | 'port' | 'float' | 'boolean' | 'list'
  readonly default?: unknown
  readonly max?: number
  readonly words?: readonly string[]
  readonly deprecatedNames?: readonly string[]
}

export const OPTION_SPECS: readonly OptionSpec[] = [
  { group: 'DEFAULT', name: 'a', type: 'string' },
  { group: 'DEFAULT', name: 'b', type: 'string' },
  { group: 'DEFAULT', name: 'c', type: 'string', default: 'by default' },
  { group: 'DEFAULT', name: 'number', type: 'integer', default: 5, max: 1000 },
  { group: 'DEFAULT', name: 'size', type: 'integer' },
  { group: 'DEFAULT', name: 'flag', type: 'boolean', default: true },
  { group: 'DEFAULT', name: 'fraction', type: 'float', default: 0.5 },
  { group: 'DEFAULT', name: 'names', type: 'list', default: ['d1', 'd2'] },
  { group: 'DEFAULT', name: 'level', type: 'choice', words: ['one', 'quorum'] },
  { group: 'group', name: 'x', type: 'string' },
  { group: 'group', name: 'y', type: 'string', deprecatedNames: ['old_y', 'oldest_y'] },
  { group: 'group', name: 'a', type: 'string' },
  { group: 'group', name: 'off', type: 'boolean', default: false },
  { group: 'other_group', name: 'bind_port', type: 'port', default: 80 },
  { group: 'other_group', name: 'names', type: 'list' },
]

const ANY_TEXT = string(/^/)

function declared({ type, max, words = [], default: value, deprecatedNames }: OptionSpec) {
  const types = {
    string: ANY_TEXT,
    choice: choice(words),
    integer: integer(max === undefined ? {} : { max }),
    port: port(),
    float: float(),
    boolean: boolean(),
    list: list(ANY_TEXT),
  }
  const description = { help: 'An option.', ...(deprecatedNames && { deprecatedNames }) }
  const own = types[type] as Parameters<typeof option<unknown>>[0]
  return option<unknown>(own, { ...description, default: value }) as Option<unknown>
}

/** The same options as this implementation declares them. */
export function declaredGroups(): OptionGroups {
  const names = new Set(OPTION_SPECS.map(({ group }) => group))
  const groups = [...names].map((group) => {
    const specs = OPTION_SPECS.filter((spec) => spec.group === group)
    const options = Object.fromEntries(specs.map((spec) => [spec.name, declared(spec)]))
    return [group, { help: 'A group.', options }]
  })
  return Object.fromEntries(groups)
}

/** A configuration: files by path, and the order in which arguments name them. */
export interface ConfigCase {
  readonly files: Readonly<Record<string, string>>
  readonly named: readonly ConfigPath[]
  readonly environment: Readonly<Record<string, string>>
}

/** Writes a case's files into its folder. */
export function writeCase(folder: string, { files, named }: ConfigCase): readonly ConfigPath[] {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return named.map((path) =>
    typeof path === 'string' ? join(folder, path) : { folder: join(folder, path.folder) },
  )
}

/** The command-line arguments for these paths. */
export function argumentsOf(paths: readonly ConfigPath[]): readonly string[] {
  return paths.flatMap((path) =>
    typeof path === 'string' ? ['--config-file', path] : ['--config-dir', path.folder],
  )
}

export function randomCase(random: Seeded): ConfigCase {
  const files: Record<string, string> = {}
  const named: ConfigPath[] = []
  const places = 1 + random.below(3)
  for (let place = 0; place < places; place++) {
    if (random.below(100) < 60) {
      files[`${place}.conf`] = randomText(random)
      named.push(`${place}.conf`)
      continue
    }
    const folder = `${place}.d`
    for (const name of ['10.conf', '9.conf', 'B.conf', 'a.conf', '.hidden.conf', 'conf.txt']) {
      if (random.below(100) < 40) files[`${folder}/${name}`] = randomText(random)
    }
    files[`${folder}/note`] = ''
    named.push({ folder })
  }
  const environment: Record<string, string> = {}
  while (random.below(100) < 50) {
    const spec = random.pick(OPTION_SPECS)
    const variable = `OS_${spec.group.toUpperCase()}__${spec.name.toUpperCase()}`
    environment[variable] = randomValue(random, spec).replaceAll('\n', ' ')
  }
  return { files, named, environment }
}

const SECTION_LINES: Readonly<Record<string, readonly string[]>> = {
  DEFAULT: ['[DEFAULT]', '[DEFAULT]  '],
  group: ['[group]', '[GROUP]', '[Group]'],
  other_group: ['[other_group]', '[Other_Group]'],
}
const MISTAKES = ['[group', 'no sign', '= no name', '  indented']

function randomText(random: Seeded): string {
  const lines: string[] = []
  for (let sections = 1 + random.below(3); sections > 0; sections--) {
    const group = random.pick(Object.keys(SECTION_LINES))
    lines.push(random.pick(SECTION_LINES[group] ?? []))
    const specs = OPTION_SPECS.filter((spec) => spec.group === group)
    for (let count = random.below(4); count > 0; count--) {
      const spec = random.pick(specs)
      const name =
        random.below(100) < 30 ? random.pick(spec.deprecatedNames ?? [spec.name]) : spec.name
      const value = randomValue(random, spec)
      const quote = random.below(100) < 10 ? random.pick(['"', "'"]) : ''
      const sign = random.pick([' = ', '=', ': ', ' :\t'])
      lines.push(`${name}${sign}${quote}${value}${quote}`)
      if (random.below(100) < 20) lines.push(random.pick(['', '# note', '; note', '   ', '#a = 1']))
    }
    if (random.below(100) < 1) lines.push(random.pick(MISTAKES))
  }
  return lines.join(random.pick(['\n', '\n', '\r\n'])) + random.pick(['', '\n'])
}

const VALUES: Readonly<Record<Exclude<OptionSpec['type'], 'string'>, readonly string[]>> = {
  boolean: ['true', 'False', 'YES', 'no', 'on', 'Off', '1', '0', '$flag', '${group.off}'],
  integer: ['7', '+12', '-3', '0', '007', '999', '$number', '${number}', '1000'],
  float: ['1', '2.50', '.5', '5.', '1e3', '-1.5E-2', '$fraction', '$number'],
  port: ['1', '8080', '65535', '$other_group.bind_port', '${number}'],
  list: [
    ...['a', 'a, b', 'a,b,', 'b;$flag', 'é,$number', 'a,\n  b', '$fraction, ${flag}', ' a ,b c ,'],
  ],
  choice: ['one', 'quorum', 'one'],
}
const WRONG: Readonly<Record<OptionSpec['type'], readonly string[]>> = {
  string: ['$nothing', '$group.nothing', '${none.x}', '$group', '$names.x'],
  choice: ['two', 'ONE', 'one '],
  integer: ['1.5', '0x10', 'many', '1001', '1 2', '$fraction', '$flag'],
  port: ['0', '65536', '-1', 'http'],
  float: ['1,5', 'half', '$flag', '--1'],
  boolean: ['t', 'maybe', '2', 'true false', '$number'],
  list: ['$nothing'],
}
const PIECES = [
  ...['word', 'two words', 'é😀', '=', ':', '#', ';', '%(x)s', '[x]', '"', "'", ',', '\\', '$'],
  ...['$1', '$$', '\\$', '$$$$a', '$a', '${a}', '$b', '$c', '$number', '${number}x', '$flag'],
  ...['$fraction', '$x', '$y', '$group.y', '${group.x}', '$size', '$group.off', '$size', '${'],
  ...['$group.a', '$level', '$other_group.bind_port', '\n  more', '\n\t# more', '$A', '${a'],
]
function randomValue(random: Seeded, { type }: OptionSpec): string {
  if (random.below(100) < 2) return random.pick(WRONG[type])
  if (type !== 'string') return random.pick(VALUES[type])
  const pieces = Array.from({ length: random.below(3) }, () => random.pick(PIECES))
  return random.pick(['word', 'é', '1']) + pieces.join('')
}
