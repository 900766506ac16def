import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { sourceFile } from '../stack/project.ts'
import { Service, writeConfig } from '../support/service.ts'
import { suite } from '../support/suite.ts'

/** Tests the package as it is deployed: packed by `npm pack` and run from its own folder. */

const run = promisify(execFile)
const ROOT = sourceFile('.')

const test = suite('tarball')
let folder: string
let tarball: string

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'magnetodb-package-'))
  // `--ignore-scripts` skips `prepack`, which would build again.
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: ROOT,
  })
  tarball = join(folder, stdout.trim())
})

test.after(() => rmSync(folder, { recursive: true }))

async function unpacked(name: string): Promise<string> {
  const root = join(folder, name)
  mkdirSync(root)
  await run('tar', ['xzf', tarball, '-C', root, '--strip-components=1'])
  return root
}

/** Starts the packed program with LMDB, and stores an item. */
async function servesFrom(root: string): Promise<void> {
  const config = writeConfig(
    folder,
    `[DEFAULT]\nauth_strategy = noauth\nbind_port = 0\nworkers = 1\n` +
      `[lmdb]\npath = ${root}.data\nmap_size = 16M\n`,
  )
  const service = await Service.start(config, { main: join(root, 'dist/src/main.js') })
  try {
    const call = async (path: string, body: unknown) => {
      const response = await fetch(`${service.url}/v1/data/demo/${path}`, {
        method: 'POST',
        headers: { 'x-auth-token': 'ann:demo' },
        body: JSON.stringify(body),
      })
      assert.is(response.status, 200)
      return response.json()
    }
    await call('tables', {
      table_name: 'thread',
      attribute_definitions: [{ attribute_name: 'forum', attribute_type: 'S' }],
      key_schema: [{ attribute_name: 'forum', key_type: 'HASH' }],
    })
    const item = { forum: { S: 'stars' } }
    await call('tables/thread/put_item', { item })
    assert.equal(await call('tables/thread/get_item', { key: item }), { item })
  } finally {
    assert.is(await service.stop(), 0)
  }
}

test('the unpacked tarball runs without npm and contains no tests', async () => {
  const root = await unpacked('unpacked')
  assert.equal(readdirSync(root).sort(), [
    'README.md',
    'dist',
    'docs',
    'etc',
    'node_modules',
    'package.json',
  ])
  assert.equal(readdirSync(join(root, 'dist')), ['src'])
  const modules = readdirSync(join(root, 'node_modules'))
  for (const name of ['typescript', '@types', 'uvu', 'testcontainers', '@biomejs']) {
    assert.not.ok(modules.includes(name), name)
  }
  await servesFrom(root)
})

test('npm installs the tarball without a registry and without a build', async () => {
  const prefix = join(folder, 'prefix')
  const cache = join(folder, 'cache')
  const options = ['--offline', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund']
  await run('npm', [
    'install',
    '--global',
    '--prefix',
    prefix,
    '--cache',
    cache,
    ...options,
    tarball,
  ])
  for (const program of ['magnetodb-api', 'magnetodb-manage', 'magnetodb-status']) {
    const { stdout } = await run(join(prefix, 'bin', program), ['--version'])
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
  }
  await servesFrom(join(prefix, 'lib/node_modules/magnetodb'))
})

test('without the compiler npm start and npm pack keep dist', async () => {
  const pruned = await unpacked('pruned')
  await run('npm', ['run', 'prepack'], { cwd: pruned })
  const { stdout } = await run('npm', ['start', '--silent', '--', '--version'], { cwd: pruned })
  assert.match(stdout, /^\d+\.\d+\.\d+$/m)
})

test.run()
