import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import * as assert from 'uvu/assert'
import * as limits from '../src/model/limits.ts'
import { parsePolicyFile } from '../src/policy/policy-file.ts'
import { gettingStarted } from '../src/process/getting-started.ts'
import { RULE_DEFAULTS } from '../src/service/policy-options.ts'
import { fencedBlocks } from './fenced-blocks.ts'
import { sourceFile } from './stack/project.ts'
import { test } from './support/suite.ts'
import { readSourceTree } from './tidy/source-tree.ts'

/** Statements in the documents that a test can check. */

function documents(): readonly string[] {
  const found = readdirSync(sourceFile('docs'), { recursive: true, encoding: 'utf8' })
  return [
    'README.md',
    'devstack/README.md',
    ...found.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
  ]
}

function textOf(path: string): string {
  return readFileSync(sourceFile(path), 'utf8')
}

/** Cells of all tables, row by row. */
function rowsOf(text: string): readonly (readonly string[])[] {
  const lines = text.split('\n').filter((line) => line.startsWith('| '))
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

/** The number at the start of a cell such as `4,096 bytes`. */
function numberIn(cell: string): number {
  return Number(/^-?[\d,]+/.exec(cell)?.[0].replaceAll(',', ''))
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading)
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  )
}

test('every relative link of the documents leads to a file and heading', () => {
  const links = documents().flatMap((path) =>
    [...textOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => ({ path, link })),
  )
  const local = links.filter(({ link }) => !/^[a-z]+:/.test(link))
  assert.ok(local.length > 20, `${local.length} links`)
  for (const { path, link } of local) {
    const [file = '', anchor] = link.split('#')
    const target = file === '' ? path : join(dirname(path), file)
    assert.ok(existsSync(sourceFile(target)), `${path}: ${link}`)
    if (anchor === undefined || statSync(sourceFile(target)).isDirectory()) continue
    assert.ok(anchorsOf(textOf(target)).has(anchor), `${path}: ${link} has no such heading`)
  }
})

test('documents name the image and tarball by the version of package.json', () => {
  const { version } = JSON.parse(textOf('package.json'))
  const files = ['etc/container/Dockerfile', 'etc/container/compose.yaml', ...documents()]
  const names = files.flatMap((path) =>
    [...textOf(path).matchAll(/\bmagnetodb(?::([\d.]+\d)|-([\d.]+\d)\.tgz)/g)].map((match) => ({
      path,
      given: match[1] ?? match[2],
    })),
  )
  assert.ok(names.length > 3, `${names.length} names`)
  for (const { path, given } of names) assert.is(given, version, path)
})

/** Pages that must name their audience and be in the index. */
function pages(): readonly string[] {
  return documents().filter((path) => path !== 'README.md')
}

test('every page of the documents says in its first lines for whom it is', () => {
  for (const path of pages()) {
    const [, audience = ''] = textOf(path).split('\n\n')
    assert.ok(/^For /.test(audience), path)
  }
})

test('docs/README.md names every page of the documents', () => {
  const index = textOf('docs/README.md')
  for (const path of pages()) {
    if (path === 'docs/README.md') continue
    assert.ok(index.includes(`(${relative('docs', path)})`), path)
  }
})

const CELL_CHARACTERS_MAX = 80

test(`no table cell of the documents has over ${CELL_CHARACTERS_MAX} characters`, () => {
  for (const path of ['README.md', ...pages()]) {
    const cells = rowsOf(textOf(path)).flat()
    // A link shows only its text.
    const long = cells.find(
      (cell) => cell.replace(/\]\([^)]*\)/g, ']').length > CELL_CHARACTERS_MAX,
    )
    assert.is(long, undefined, path)
  }
})

test('documents that comments in the source name exist', () => {
  const sources = [...readSourceTree(sourceFile('.')).values()]
  const named = sources.flatMap(({ text }) => text.match(/\bdocs\/[\w./-]+\.md/g) ?? [])
  assert.ok(named.length > 5, `${named.length} references`)
  for (const path of new Set(named)) assert.ok(existsSync(sourceFile(path)), path)
})

test('the table that a start proposes is the first one of the README', () => {
  const [readme = ''] = fencedBlocks(textOf('README.md'), 'sh', 'First steps')
  const [, project = ''] = /export MAGNETODB=(\S+)/.exec(readme) ?? []
  const bodyOf = (text: string): unknown => JSON.parse(/-d '([^']+)'/.exec(text)?.[1] ?? '')
  const printed = gettingStarted('http://127.0.0.1:8480')
  assert.ok(printed.includes(` ${project}/tables `), project)
  assert.equal(bodyOf(printed), bodyOf(readme))
})

test('limits.md names every limit of the model with its value', () => {
  const rows = rowsOf(textOf('docs/operating/limits.md'))
  const told = new Map(rows.map(([, value = '', name = '']) => [name, numberIn(value)]))
  for (const [name, value] of Object.entries(limits)) {
    assert.is(told.get(`\`${name}\``), value, name)
  }
})

test('limits.md states other constants as the source has them', () => {
  const source = [...readSourceTree(sourceFile('.')).values()].filter(({ path }) =>
    path.startsWith('src/'),
  )
  const rows = rowsOf(textOf('docs/operating/limits.md'))
  const named = rows.filter(([, , name = '']) => /^`[A-Z_]+`$/.test(name))
  const others = named.filter(([, , name = '']) => !(name.slice(1, -1) in limits))
  assert.ok(others.length > 20, `${others.length} rows`)
  for (const [, value = '', name = ''] of others) {
    const declaration = new RegExp(`\\bconst ${name.slice(1, -1)} = ([\\d_ *]+)$`, 'gm')
    const products = source.flatMap(({ text }) =>
      [...text.matchAll(declaration)].map(([, factors = '']) =>
        factors
          .replaceAll('_', '')
          .split('*')
          .reduce((product, factor) => product * Number(factor), 1),
      ),
    )
    assert.ok(products.includes(numberIn(value)), `${name} is ${products.join(' and ')}`)
  }
})

/** Errors of others: Cassandra, its client library, Node. */
const FOREIGN = /^(?:Not enough replicas|All host|ECONNREFUSED|SIGKILL)/

test('every answer and log line that symptoms.md quotes is in the source', () => {
  const said = [...readSourceTree(sourceFile('.')).values()]
    .filter(({ path }) => path.startsWith('src/'))
    .map(({ text }) => text.replace(/['`] \+\s*['`]/g, ''))
    .join('\n')
  const [page = ''] = textOf('docs/operating/symptoms.md').split('\n## It is slow')
  const bold = [...page.matchAll(/\*\*([^*]+)\*\*/g)].map(([, text = '']) => text)
  const quotes = bold.flatMap((text) => [...text.matchAll(/`([^`]+)`/g)])
  assert.ok(quotes.length > 50, `${quotes.length} quotes`)
  for (const [, quote = ''] of quotes) {
    for (const part of quote.split(/…|reason: |pid: |code: |Cassandra: |"/).map((s) => s.trim())) {
      assert.ok(said.includes(part) || FOREIGN.test(part), `nobody says '${part}'`)
    }
  }
})

test("the original's policy in policy.md allows every operation", () => {
  const blocks = fencedBlocks(textOf('docs/operating/policy.md'), 'yaml')
  const rules = blocks.map((block) => parsePolicyFile(block, 'policy.md'))
  const legacy = rules.at(-1) ?? []
  assert.ok(legacy.every(({ checkStr }) => checkStr === ''))
  const operations = RULE_DEFAULTS.map(({ name }) => name).filter((name) => name.startsWith('mdb:'))
  assert.equal(legacy.map(({ name }) => name).sort(), operations.sort())
})

test.run()
