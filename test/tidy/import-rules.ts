import type { SourceFile, SourceTree } from './source-tree.ts'

const WIRE_IMPORTS = [
  ...['dialect/*', 'operations/', 'engine/', 'expression/', 'identity/', 'model/'],
  'telemetry/invisible.ts',
]

/** The imports allowed to each layer beside its own files: prefixes of paths below src. A file
 * belongs to the first layer whose prefix matches its path. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'model/': [],
  'cache/': [],
  // Divides the capacity of a process among projects.
  'admission/': ['model/'],
  'expression/': ['model/'],
  'storage/registry.ts': ['storage/'],
  'storage/memory/': ['storage/*'],
  'storage/lmdb/': ['storage/*'],
  'storage/cassandra/': [
    ...['storage/*', 'admission/share-queue.ts'],
    ...['config/option-groups.ts', 'config/replication-factor.ts'],
  ],
  'storage/': [],
  'engine/': ['storage/driver.ts', 'expression/', 'cache/', 'model/'],
  'policy/': ['identity/request-context.ts', 'model/'],
  'quota/': ['admission/token-buckets.ts', 'model/'],
  'identity/': ['admission/', 'cache/', 'config/option-groups.ts', 'model/'],
  'operations/': [
    ...['admission/', 'engine/', 'expression/', 'identity/request-context.ts', 'policy/'],
    ...['quota/', 'model/'],
    // Types that pass through, and the count of storage calls per request.
    ...['storage/driver.ts', 'storage/counted-storage.ts'],
  ],
  'telemetry/': [],
  'config/': [],
  // The interface of a wire: http serves wires through it, and wires do not know http.
  'dialect/wire.ts': ['operations/', 'identity/', 'model/'],
  'http/': [
    ...['dialect/wire.ts', 'admission/', 'operations/', 'identity/', 'policy/', 'telemetry/'],
    ...['cache/', 'config/', 'model/'],
  ],
  'dialect/magnetodb/': WIRE_IMPORTS,
  'dialect/dynamodb/': WIRE_IMPORTS,
  'dialect/': WIRE_IMPORTS,
  // The operator's tools read the configuration and the storage of the service.
  'cli/': [
    ...['service/policy-options.ts', 'service/storage-options.ts', 'storage/registry.ts'],
    ...['storage/driver.ts', 'engine/catalogue/stored-tables.ts', 'engine/leases/ledger.ts'],
    ...['engine/format/database-format.ts', 'engine/jobs/job-report.ts', 'config/'],
    ...['process/package-file.ts', 'policy/policy-loader.ts'],
  ],
  // The composition root, and the modules that turn configuration into a part's options.
  'service/': [''],
  // The code of each process, and the primary's work for all of them.
  'process/': [
    ...['service/service.ts', 'service/log-options.ts', 'service/policy-options.ts'],
    ...['service/storage-options.ts', 'storage/', 'policy/policy-loader.ts', 'config/'],
    ...['http/connections/server.ts', 'telemetry/'],
  ],
  '': ['process/', 'service/', 'config/', 'telemetry/'],
}

/** The folders below src that may import each npm package. */
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  hono: ['http/', 'dialect/', 'service/'],
  '@hono/node-server': ['http/connections/'],
  'cassandra-driver': ['storage/cassandra/'],
  lmdb: ['storage/lmdb/'],
  jose: ['identity/keystone/'],
  pino: ['telemetry/'],
  yaml: ['policy/'],
}

/** Wraps uvu for all tests, so that `--title` can select them. */
const HOME_OF_UVU = 'test/support/suite.ts'

/** Modules that a user or a script of package.json runs directly. */
const ENTRIES = ['src/main.ts', 'src/cli/manage.ts', 'src/cli/status.ts']

/** A line for each import of an outer layer, each package outside its home, and each import
 * cycle. */
export function importFaults(tree: SourceTree): string[] {
  const sources = [...tree.values()].filter((file) => file.path.startsWith('src/'))
  return [
    ...sources.flatMap(outwardImports),
    ...sources.flatMap(strayPackages),
    ...cycles(sources, tree),
    ...withoutImporter(sources),
    ...[...tree.values()].filter(takesUvu).map(({ path }) => `${path} imports uvu itself`),
  ]
}

function outwardImports(file: SourceFile): string[] {
  const below = file.path.slice('src/'.length)
  const [layer, mayImport] = layerOf(below)
  return file.imports.flatMap((target) => {
    if (!/^(src|test|bench)\//.test(target)) return []
    const to = target.slice('src/'.length)
    const isInside = target.startsWith('src/') && layerOf(to)[0] === layer
    const isAllowed = target.startsWith('src/') && mayImport.some((entry) => covers(entry, to))
    return isInside || isAllowed ? [] : [`${file.path} may not import ${target}`]
  })
}

function layerOf(path: string): readonly [string, readonly string[]] {
  return Object.entries(LAYERS).find(([layer]) => covers(layer, path)) ?? ['', []]
}

/** `folder/` covers all files below it, `folder/*` only direct ones, a path one file, ''
 * everything. */
function covers(entry: string, path: string): boolean {
  if (!entry.endsWith('*')) return path.startsWith(entry)
  const folder = entry.slice(0, -1)
  return path.startsWith(folder) && !path.slice(folder.length).includes('/')
}

function strayPackages(file: SourceFile): string[] {
  const below = file.path.slice('src/'.length)
  return file.imports.flatMap((target) => {
    if (/^(src|test|bench)\//.test(target) || target.startsWith('node:')) return []
    const [name = ''] = /^(?:@[^/]*\/)?[^/]*/.exec(target) ?? []
    const homes = PACKAGE_HOMES[name]
    if (homes === undefined) return [`${file.path} imports ${name}, which has no home in src`]
    return homes.some((home) => covers(home, below))
      ? []
      : [`${file.path} imports ${name}, which belongs to ${homes.join(' ')}`]
  })
}

function takesUvu({ path, imports }: SourceFile): boolean {
  return path !== HOME_OF_UVU && imports.includes('uvu')
}

function cycles(sources: readonly SourceFile[], tree: SourceTree): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]) => {
    const start = trail.indexOf(path)
    if (start >= 0) found.push(`import cycle: ${[...trail.slice(start), path].join(' -> ')}`)
    if (start >= 0 || done.has(path)) return
    for (const target of tree.get(path)?.imports ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const file of sources) visit(file.path, [])
  return found
}

function withoutImporter(sources: readonly SourceFile[]): string[] {
  const imported = new Set(sources.flatMap((file) => file.imports))
  return sources
    .filter((file) => !ENTRIES.includes(file.path) && !imported.has(file.path))
    .map((file) => `${file.path} is imported by nothing in src`)
}
