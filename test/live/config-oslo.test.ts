// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are references of INI files
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { ConfigError } from '../../src/config/config-error.ts'
import { readConfigFiles } from '../../src/config/config-files.ts'
import { readOptions } from '../../src/config/read-options.ts'
import { seeded } from '../seeded.ts'
import { runPython } from '../support/program.ts'
import { suite } from '../support/suite.ts'
import {
  argumentsOf,
  type ConfigCase,
  declaredGroups,
  OPTION_SPECS,
  randomCase,
  writeCase,
} from './config-cases.ts'

/** Compares the real oslo.config with this implementation, on the same files, folders and
 * environment. */

const CASES = 200

const test = suite('configuration, beside oslo.config')
const random = seeded('config', 1)
const root = mkdtempSync(join(tmpdir(), 'magnetodb-config-'))
test.after(() => rmSync(root, { recursive: true }))

type OsloAnswer =
  | { readonly values: Values; readonly refused: readonly string[] }
  | { readonly failed: string }
/** Values by `group.option`; null if not set. */
type Values = Readonly<Record<string, unknown>>

interface Answered {
  readonly given: ConfigCase
  readonly ours: Values | ConfigError
  readonly oslo: OsloAnswer
}

async function answered(cases: readonly ConfigCase[]): Promise<readonly Answered[]> {
  const written = cases.map((given) => writeCase(mkdtempSync(join(root, 'case-')), given))
  const output = await runPython('config_oracle.py', [], {
    options: OPTION_SPECS,
    cases: cases.map(({ environment }, index) => ({
      args: argumentsOf(written[index] ?? []),
      environment,
    })),
  })
  const answers: OsloAnswer[] = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.is(answers.length, cases.length)
  return cases.map((given, index) => ({
    given,
    ours: ourAnswer(written[index] ?? [], given),
    oslo: answers[index] ?? { failed: 'no answer' },
  }))
}

function ourAnswer(paths: Parameters<typeof readConfigFiles>[0], given: ConfigCase) {
  try {
    const sources = readConfigFiles(paths)
    const { options } = readOptions(declaredGroups(), sources, given.environment)
    const values: Record<string, unknown> = {}
    for (const { group, name } of OPTION_SPECS) {
      const own = options[group] as Readonly<Record<string, unknown>>
      values[`${group}.${name}`] = own[name] ?? null
    }
    return values
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error
  }
}

/** Empty values of options without default count as not set here. */
function withoutEmpty(values: Values): Values {
  const isEmpty = (value: unknown) => value === '' || (Array.isArray(value) && value.length === 0)
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, isEmpty(value) ? null : value]),
  )
}

test("random configurations give oslo.config's values, or both refuse them", async () => {
  const cases = Array.from({ length: CASES }, () => randomCase(random))
  const counts = { cases: CASES, refused: 0, values: 0, set: 0 }
  for (const { given, ours, oslo } of await answered(cases)) {
    const shown = ours instanceof ConfigError ? ours.message : ours
    const told = `SEED=${random.seed}: ${JSON.stringify({ given, ours: shown, oslo }, null, 1)}`
    if ('failed' in oslo || oslo.refused.length > 0) {
      counts.refused++
      assert.instance(ours, ConfigError, told)
      continue
    }
    assert.not.instance(ours, ConfigError, told)
    assert.equal(ours, withoutEmpty(oslo.values), told)
    counts.values += OPTION_SPECS.length
    for (const { group, name, default: value } of OPTION_SPECS) {
      const own = (ours as Values)[`${group}.${name}`]
      if (JSON.stringify(own) !== JSON.stringify(value ?? null)) counts.set++
    }
  }
  console.log(JSON.stringify(counts))
  // The comparison must contain enough cases of each kind.
  assert.ok(counts.refused > CASES / 20 && counts.refused < (CASES * 2) / 3)
  assert.ok(counts.set > CASES)
})

const inFile = (text: string, environment: Readonly<Record<string, string>> = {}): ConfigCase => ({
  files: { 'a.conf': text },
  named: ['a.conf'],
  environment,
})

/** Refused here but accepted by oslo.config. Each hides a mistake, or has no use. */
const STRICTER: readonly ConfigCase[] = [
  // An empty value of an option that has a default.
  ...['number', 'fraction', 'names', 'c'].map((name) => inFile(`[DEFAULT]\n${name} =\n`)),
  inFile('', { OS_DEFAULT__NUMBER: '' }),
  // Notations of numbers that only Python has.
  ...['number = 1_0', 'size = ٣', 'fraction = inf', 'fraction = nan', 'fraction = 1_0.5'].map(
    (line) => inFile(`[DEFAULT]\n${line}\n`),
  ),
  // Numbers that JavaScript cannot represent exactly.
  inFile('[DEFAULT]\nsize = 9007199254740993\n'),
  // Empty elements of a list.
  inFile('[DEFAULT]\nnames = a,,b\n'),
  inFile('[DEFAULT]\nnames = $a, b\n'),
  // References by deprecated names.
  inFile('[group]\nx = $old_y\n'),
  // Undeclared names, in a declared section or one with a similar name.
  inFile('[DEFAULT]\nnumbre = 1\n'),
  inFile('[group]\nwhatever = 1\n'),
  inFile('[gruop]\nx = 1\n'),
  inFile('', { OS_DEFAULT__NUMBRE: '1' }),
  inFile('', { OS_GROUP__OLD_Y: 'a deprecated name' }),
]

test('listed configurations are refused here and accepted by oslo.config', async () => {
  for (const { given, ours, oslo } of await answered(STRICTER)) {
    const told = JSON.stringify({ given, ours, oslo })
    assert.instance(ours, ConfigError, told)
    assert.ok('refused' in oslo && oslo.refused.length === 0, told)
  }
})

/** Accepted by both with different values. `value` is the value here. */
const OTHER_VALUES: readonly (readonly [text: string, option: string, value: unknown])[] = [
  // In oslo.config the value is the text of a Python list.
  ['[DEFAULT]\nnames = x, y\na = $names\n', 'DEFAULT.a', 'x,y'],
]

test('listed configurations have another value here than in oslo.config', async () => {
  const all = await answered(OTHER_VALUES.map(([text]) => inFile(text)))
  for (const [index, { ours, oslo }] of all.entries()) {
    const [text, option, value] = OTHER_VALUES[index] ?? ['', '', '']
    assert.ok('values' in oslo && oslo.refused.length === 0, text)
    assert.is((ours as Values)[option], value, text)
    assert.is.not(JSON.stringify(oslo.values[option]), JSON.stringify(value), text)
  }
})

/** Refused by oslo.config but accepted here. */
const LENIENT: readonly ConfigCase[] = [
  // oslo.config has no group DEFAULT.
  inFile('[DEFAULT]\na = 1\n[group]\nx = ${DEFAULT.a}\n'),
  // A byte order mark at the beginning of a file.
  inFile('\ufeff[DEFAULT]\na = 1\n'),
]

test('listed configurations are accepted here and refused by oslo.config', async () => {
  for (const { given, ours, oslo } of await answered(LENIENT)) {
    const told = JSON.stringify({ given, ours, oslo })
    assert.not.instance(ours, ConfigError, told)
    assert.ok('failed' in oslo || oslo.refused.length > 0, told)
  }
})

test.run()
