import * as assert from 'uvu/assert'
import { projectRoot } from './stack/project.ts'
import { test } from './support/suite.ts'
import { importFaults } from './tidy/import-rules.ts'
import { readSourceTree, type SourceTree, sourceTree } from './tidy/source-tree.ts'
import { textFaults } from './tidy/text-rules.ts'
import { lostTexts, wireTextFaults } from './tidy/wire-texts.ts'

/** If there are fewer files, the rules looked in the wrong place. */
const FILES_MIN = 80

function faultsOf(tree: SourceTree): string[] {
  return [...importFaults(tree), ...textFaults(tree), ...wireTextFaults(tree)]
}

test('the project keeps its own rules', () => {
  const tree = readSourceTree(projectRoot())
  assert.ok(tree.size >= FILES_MIN, `found only ${tree.size} files`)
  for (const path of ['src/main.ts', 'src/storage/driver.ts', 'test/tidy.test.ts']) {
    assert.ok(tree.has(path), `${path} was not read`)
  }
  const imports = [...tree.values()].flatMap((file) => file.imports)
  assert.ok(imports.length > tree.size, `found only ${imports.length} imports`)
  assert.is(faultsOf(tree).join('\n'), '')
})

/** A tree without faults, to add faults to. */
const ORDERLY = {
  'src/main.ts': "import { serve } from './service/service.ts'\nserve()\n",
  'src/service/service.ts':
    "import { Hono } from 'hono'\nimport { get } from '../engine/get.ts'\n" +
    "import { load } from '../storage/registry.ts'\n" +
    'export function serve() { return [Hono, get, load] }\n',
  'src/engine/get.ts':
    "import type { Driver } from '../storage/driver.ts'\n" +
    "import { readFile } from 'node:fs/promises'\n" +
    "export { type Item } from '../model/item.ts'\n",
  'src/storage/driver.ts': 'export type Driver = { close(): void }\n',
  'src/storage/registry.ts': "export const load = () => import('./lmdb/driver.ts')\n",
  'src/storage/lmdb/driver.ts':
    "import {\n  open,\n} from 'lmdb'\nimport type { Driver } from '../driver.ts'\n",
  'src/model/item.ts':
    "/* as any, TODAY */ export const URL = 'http://a: any' // console.log\n" +
    'if (secret !== undefined && mac.length === 3) x(machine === y)\n',
  'test/model/item.test.ts':
    "import { test } from '../support/suite.ts'\ntest('x', () => {})\ntest.run()\n",
}

test('an orderly tree has no faults', () => {
  assert.equal(faultsOf(sourceTree(ORDERLY)), [])
})

test('no text that a v1 client may know has changed', () => {
  assert.equal(lostTexts(readSourceTree(projectRoot())), [])
})

test('a changed v1 text is found', () => {
  const tree = sourceTree({
    'src/dialect/magnetodb/messages.ts': 'x = `Table $' + '{name} already exists`\n',
  })
  const lost = lostTexts(tree)
  assert.not.ok(lost.includes('Table {} already exists'))
  assert.ok(lost.includes("Table '{}' does not exist"))
})

/** Assembled here, since the rules check this file, too. */
const UNFINISHED = ['TO', 'DO'].join('')
const ONLY = ['.only', '('].join('')

const SEEDED: readonly (readonly [fault: string, path: string, text: string])[] = [
  [
    'src/model/item.ts may not import src/engine/get.ts',
    'src/model/item.ts',
    "import '../engine/get.ts'\n",
  ],
  [
    'src/engine/get.ts may not import src/storage/lmdb/driver.ts',
    'src/engine/get.ts',
    "import '../model/item.ts'\nexport * from '../storage/lmdb/driver.ts'\n",
  ],
  [
    'src/service/service.ts may not import test/model/item.test.ts',
    'src/service/service.ts',
    "import '../engine/get.ts'\nimport '../storage/registry.ts'\n" +
      "import '../../test/model/item.test.ts'\n",
  ],
  [
    'src/storage/lmdb/driver.ts may not import src/model/item.ts',
    'src/storage/lmdb/driver.ts',
    "import { x } from '../../model/item.ts'\n",
  ],
  [
    'src/storage/lmdb/driver.ts may not import src/storage/memory/store.ts',
    'src/storage/lmdb/driver.ts',
    "import { x } from '../memory/store.ts'\n",
  ],
  [
    'src/model/item.ts imports hono, which belongs to http/ dialect/ service/',
    'src/model/item.ts',
    "import { Hono } from 'hono/tiny'\n",
  ],
  [
    'src/model/item.ts imports @types/node, which has no home in src',
    'src/model/item.ts',
    "import '@types/node/fs'\n",
  ],
  [
    'import cycle: src/model/item.ts -> src/model/item.ts',
    'src/model/item.ts',
    "import './item.ts'\n",
  ],
  ['src/model/orphan.ts is imported by nothing in src', 'src/model/orphan.ts', '\n'],
  ['src/model/item.ts has 401 lines', 'src/model/item.ts', 'x\n'.repeat(401)],
  ['src/model/item.ts:2 is too long', 'src/model/item.ts', `\n// ${'x'.repeat(98)}\n`],
  ['src/model/item.ts holds any', 'src/model/item.ts', 'const x: any = 1\n'],
  ['src/model/item.ts holds any', 'src/model/item.ts', 'const x = y as any\n'],
  ['src/model/item.ts holds as unknown as', 'src/model/item.ts', 'x as unknown as Y\n'],
  [
    'src/model/item.ts holds a note of unfinished work',
    'src/model/item.ts',
    `// ${UNFINISHED} later\n`,
  ],
  ['src/model/item.ts holds console', 'src/model/item.ts', 'console.log(1)\n'],
  ...['mac === own', 'a !== request.hexSignature', 'theSecret.equals(x)'].map(
    (comparison): (typeof SEEDED)[number] => [
      'src/model/item.ts holds a secret that is compared without timingSafeEqual',
      'src/model/item.ts',
      `if (${comparison}) x()\n`,
    ],
  ),
  ...[
    "throw refusal('You are not ' +\n  'authorized')\n",
    "throw new Error('You are not authorized')\n",
  ].map((text): (typeof SEEDED)[number] => [
    'src/model/item.ts says "You are not authorized", as a wire does',
    'src/model/item.ts',
    text,
  ]),
  [
    'src/model/item.ts says "Wrong type for {}", as a wire does',
    'src/model/item.ts',
    'throw new Error(`Wrong type for $' + '{name}`)\n',
  ],
  [
    'src/model/item.ts: step has 71 lines',
    'src/model/item.ts',
    `function kind() {\n  return {\n    async step() {\n${'x()\n'.repeat(69)}    },\n  }\n}\n`,
  ],
  [
    'src/model/item.ts: kind has 73 lines',
    'src/model/item.ts',
    `function kind() {\n  function inner() {\n${'    x()\n'.repeat(69)}  }\n}\n`,
  ],
  ['src/model/item.ts keeps now as state of the module', 'src/model/item.ts', 'let now = 0\n'],
  [
    'src/model/item.ts keeps seen as state of the module',
    'src/model/item.ts',
    'export const seen = new Map<string, number>()\n',
  ],
  [
    'src/model/item.ts has needless braces: if (a)',
    'src/model/item.ts',
    'function x(a) {\n  if (a) {\n    return b\n  }\n}\n',
  ],
  ['test/someThing.ts is not kebab-case', 'test/someThing.ts', '\n'],
  ["test/json-utils.ts says 'utils', which tells nothing", 'test/json-utils.ts', '\n'],
  ["test/common/x.ts says 'common', which tells nothing", 'test/common/x.ts', '\n'],
  ['test/a.test.ts imports uvu itself', 'test/a.test.ts', "import { test } from 'uvu'\n"],
  ['test/a.test.ts runs no suite', 'test/a.test.ts', "// test.run()\n'test.run()'\n"],
  [
    'test/a.test.ts never calls b.run()',
    'test/a.test.ts',
    'const a = suite()\nconst b = suite()\na.run()\n',
  ],
  [
    `test/a.test.ts holds ${ONLY}`,
    'test/a.test.ts',
    `import { test } from './support/suite.ts'\ntest${ONLY}'x')\ntest.run()\n`,
  ],
]
for (const [fault, path, text] of SEEDED) {
  test(`a planted fault is found: ${fault}`, () => {
    assert.ok(faultsOf(sourceTree({ ...ORDERLY, [path]: text })).includes(fault))
  })
}

test('a folder with too many files is found', () => {
  const names = Array.from({ length: 21 }, (_, index) => [`test/crowd/a${index}.ts`, '\n'])
  const tree = sourceTree({ ...ORDERLY, ...Object.fromEntries(names) })
  assert.equal(faultsOf(tree), ['test/crowd/ holds 21 files'])
})

test('an import cycle through several files is found once', () => {
  const tree = sourceTree({
    'src/main.ts': "import './service/service.ts'\n",
    'src/service/service.ts': "import '../model/a.ts'\n",
    'src/model/a.ts': "import './b.ts'\n",
    'src/model/b.ts': "import type { A } from './a.ts'\n",
  })
  assert.equal(faultsOf(tree), ['import cycle: src/model/a.ts -> src/model/b.ts -> src/model/a.ts'])
})

test.run()
