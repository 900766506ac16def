import { posix } from 'node:path'
import type { SourceFile, SourceTree } from './source-tree.ts'

const LINES_MAX = 400
const COLUMNS_MAX = 100
const FUNCTION_LINES_MAX = 70
const FOLDER_FILES_MAX = 20
const FILE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|case))?\.ts$/
const EMPTY_WORDS = ['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'impl']

/** Searched only in code, without strings and comments. */
const BANNED_CODE: readonly (readonly [RegExp, string])[] = [
  [/\bas any\b|[:<|,] *any\b/, 'any'],
  [/\bas unknown as\b/, 'as unknown as'],
]

/** The first line of a function or method in the formatter's layout, including nested ones. */
const FUNCTION = new RegExp(
  '^( *)(?:export )?(?:static )?(?:async )?' +
    '(?:function\\*? (\\w+)|(?!if|for|while|switch|catch)#?(\\w+)(?:<.*>)?\\((?=.*\\{$|$))',
)
/** A single statement in braces that would fit after its condition. */
const NEEDLESS_BRACES =
  /^( *)((?:if|for|while) \(.*\)) \{\n\1 {2}(?! )([^\n{}]*[^\n{}(,])\n\1\}(?! else)/gm
/** Module state, which all importers share. Each exception has its reason here. */
const MODULE_STATE =
  /^(?:export )?(?:let|const(?= [a-z]\w*(?:: .*)? = new \w*(?:Map|Set)\b)) (\w+)/gm
const MODULE_STATE_ALLOWED: Readonly<Record<string, readonly string[]>> = {
  // Used within one synchronous call, so nothing else can run in between.
  'src/storage/murmur3.ts': ['h1High', 'h1Low', 'h2High', 'h2Low'],
  // Random bytes are cheaper by the thousand. Each is used once.
  'src/engine/format/version.ts': ['pool', 'used'],
  // LMDB requires that a process opens a file only once.
  'src/storage/lmdb/environment.ts': ['shared', 'fresh'],
  // Answers of the current turn of the event loop, of which a process has only one.
  'src/http/connections/flush-per-tick.ts': ['waiting'],
}

/** `===` on a secret takes a time that reveals how many characters match. Comparing with
 * `undefined` is harmless. */
const SECRET = '[\\w.]*(?:signature|mac|secret|digest)'
const SECRET_COMPARED = new RegExp(
  `${SECRET} *[!=]==(?! *(?:undefined|null))|[!=]== *${SECRET}\\b|\\b${SECRET}\\.equals\\(`,
  'i',
)

export function textFaults(tree: SourceTree): string[] {
  const files = [...tree.values()]
  return [
    ...[sizeFaults, programFaults, nameFaults, wordFaults].flatMap((faults) =>
      files.flatMap(faults),
    ),
    ...files.filter((file) => file.path.endsWith('.test.ts')).flatMap(testFileFaults),
    ...crowdedFolders(files),
  ]
}

function sizeFaults(file: SourceFile): string[] {
  const lines = file.text.trimEnd().split('\n')
  return [
    ...(lines.length > LINES_MAX ? [`${file.path} has ${lines.length} lines`] : []),
    ...lines.flatMap((line, index) =>
      [...line].length > COLUMNS_MAX ? [`${file.path}:${index + 1} is too long`] : [],
    ),
  ]
}

/** Rules for the program itself. */
function programFaults({ path, code }: SourceFile): string[] {
  if (!path.startsWith('src/')) return []
  const allowed = MODULE_STATE_ALLOWED[path] ?? []
  const states = [...code.matchAll(MODULE_STATE)].map(([, name = '']) => name)
  const braces = [...code.matchAll(NEEDLESS_BRACES)].filter(
    ([, indent = '', condition = '', statement = '']) =>
      statement.trim() !== '' &&
      indent.length + condition.length + 1 + statement.length <= COLUMNS_MAX,
  )
  return [
    ...longFunctions(path, code),
    ...states
      .filter((name) => !allowed.includes(name))
      .map((name) => `${path} keeps ${name} as state of the module`),
    ...braces.map(([, , condition]) => `${path} has needless braces: ${condition}`),
  ]
}

function longFunctions(path: string, code: string): string[] {
  return code.split('\n').flatMap((line, start, lines) => {
    const [, indent, name, method] = FUNCTION.exec(line) ?? []
    if (indent === undefined) return []
    const length = lines.slice(start + 1).findIndex((later) => later.startsWith(`${indent}}`)) + 2
    const filled = lines.slice(start, start + length).filter((text) => text.trim() !== '')
    return filled.length > FUNCTION_LINES_MAX
      ? [`${path}: ${name ?? method} has ${filled.length} lines`]
      : []
  })
}

function nameFaults(file: SourceFile): string[] {
  const name = posix.basename(file.path)
  const words = file.path.split(/[/.-]/)
  return [
    ...(FILE_NAME.test(name) ? [] : [`${file.path} is not kebab-case`]),
    ...EMPTY_WORDS.filter((word) => words.includes(word)).map(
      (word) => `${file.path} says '${word}', which tells nothing`,
    ),
  ]
}

function wordFaults(file: SourceFile): string[] {
  const banned = BANNED_CODE.filter(([pattern]) => pattern.test(file.code)).map(([, name]) => name)
  // Written so that this file does not contain the words.
  if (/\b(?:FIXM[E]|TOD[O])\b/.test(file.text)) banned.push('a note of unfinished work')
  if (file.path.startsWith('src/') && /\bconsole\./.test(file.code)) banned.push('console')
  if (file.path.startsWith('src/') && SECRET_COMPARED.test(file.code)) {
    banned.push('a secret that is compared without timingSafeEqual')
  }
  return banned.map((name) => `${file.path} holds ${name}`)
}

/** uvu silently skips a suite that is not run. */
function testFileFaults(file: SourceFile): string[] {
  const faults: string[] = []
  const suites = [...file.code.matchAll(/\bconst (\w+) = suite\b/g)].map((match) => match[1])
  if (/\bimport \{[^}]*\btest\b[^}]*\} from/.test(file.code)) suites.push('test')
  for (const name of suites) {
    if (!new RegExp(`\\b${name}\\.run\\(\\)`).test(file.code)) {
      faults.push(`${file.path} never calls ${name}.run()`)
    }
  }
  if (!/\.run\(\)/.test(file.code)) faults.push(`${file.path} runs no suite`)
  if (/\.only\(/.test(file.code)) faults.push(`${file.path} holds .only(`)
  return faults
}

function crowdedFolders(files: readonly SourceFile[]): string[] {
  const counts = new Map<string, number>()
  for (const { path } of files) {
    const folder = posix.dirname(path)
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  return [...counts]
    .filter(([, count]) => count > FOLDER_FILES_MAX)
    .map(([folder, count]) => `${folder}/ holds ${count} files`)
}
