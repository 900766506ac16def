import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import promises, { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { type Reserve, StorageUnavailableError } from '../../../src/storage/driver.ts'
import { LmdbDriver } from '../../../src/storage/lmdb/driver.ts'
import { closeEnvironment, openEnvironment } from '../../../src/storage/lmdb/environment.ts'
import { LAYOUT_KEY } from '../../../src/storage/lmdb/key.ts'
import { suite } from '../../support/suite.ts'
import { commitOf, putRow, TableFixture, text } from '../contract/table-fixture.ts'

const TABLE = Buffer.alloc(16, 1)
const [P, S] = [text('p'), text('s')]
const MIB = 1024 * 1024
/** More rows than the database can hold. */
const ROWS_MAX = 200
const OPENER = fileURLToPath(new URL('./opening-process.js', import.meta.url))
const FILLER = fileURLToPath(new URL('./filling-process.js', import.meta.url))
/** Limit of the file in blocks of 512 bytes, as `ulimit -f` counts. */
const FILE_BLOCKS = 8_192
/** Longer than a reading of the disk's free space is used. */
const DISK_LOOK_MS = 120
const run = promisify(execFile)

const paths: string[] = []

async function freshPath(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'magnetodb-env-'))
  paths.push(path)
  return path
}

const test = suite('LMDB environment')

test.after(async () => {
  await Promise.all(paths.map((path) => rm(path, { recursive: true })))
})

test('a full LMDB refuses puts, serves reads and deletes, then accepts puts again', async () => {
  const path = await freshPath()
  const driver = new LmdbDriver({ path, mapSizeBytes: 7 * MIB })
  await driver.open()
  const table = new TableFixture(driver, TABLE)
  const partition = (row: number) => text(`row ${row}`)
  const fill = async () => {
    for (let row = 0; row < ROWS_MAX; row += 1) {
      const put = [putRow(S, Buffer.alloc(50_000, row)), putRow(P, 'beside')]
      const error = await table.commit(partition(row), commitOf({ put })).then(
        () => null,
        (reason: unknown) => reason,
      )
      if (error !== null) {
        assert.instance(error, StorageUnavailableError)
        assert.equal(await table.rows(partition(row)), [], 'half a commit')
        return row
      }
    }
    throw new Error('the database never gets full')
  }
  await driver.checkRoom()
  const rows = await fill()
  await rejects(() => driver.checkRoom(), /has reached its map size/)
  assert.ok(rows > 40 && rows < 84, `${rows} rows`)
  assert.equal((await table.get(partition(3), S))?.value, Buffer.alloc(50_000, 3))
  for (let row = 0; row < rows; row += 1) {
    await table.write(partition(row), { delete: [S, P] })
  }
  assert.equal((await table.scan()).rows, [])
  await driver.checkRoom()
  assert.is(await fill(), rows)
  const { size } = await stat(join(path, 'data.mdb'))
  assert.ok(size < 9 * MIB, `${size} bytes`)
  await driver.close()
})

test('a full LMDB keeps a reserve for deletions, and the last of it for jobs', async () => {
  const driver = new LmdbDriver({ path: await freshPath(), mapSizeBytes: 4 * MIB })
  await driver.open()
  const table = new TableFixture(driver, TABLE)
  let rows = 0
  const fill = async (reserve?: Reserve): Promise<number> => {
    const before = rows
    try {
      for (; rows < ROWS_MAX; rows++) {
        const put = commitOf({ put: [putRow(S, Buffer.alloc(50_000))] })
        await table.commit(text(`row ${rows}`), reserve ? { ...put, reserve } : put)
      }
    } catch (error) {
      assert.instance(error, StorageUnavailableError)
    }
    return rows - before
  }
  const kept = [await fill(), await fill('deletions'), await fill(), await fill('jobs')]
  const others = [await fill('deletions'), await fill('jobs'), await fill()]
  const [first = 0, deletions = 0, none, jobs = 0] = kept
  assert.ok(first > 10 && deletions > 30 && jobs > 10, `${kept}`)
  assert.equal([none, ...others], [0, 0, 0, 0])
  await driver.close()
})

test('on a full disk a failed put is certainly not written; other work continues', async () => {
  const path = await freshPath()
  const command = `ulimit -f ${FILE_BLOCKS}; exec "$0" "$@"`
  const filled = run('sh', ['-c', command, process.execPath, FILLER, path])
  // A failed write overflows a buffer of lmdb, which kills the process on some systems.
  const { stdout, signal }: { stdout: string; signal?: string } = await filled.catch(
    (error) => error,
  )
  const lines = stdout.trim().split('\n')
  const rows = lines.filter((line) => /^\d+$/.test(line)).length
  assert.ok(rows > 20, `${rows} rows`)
  const told = lines[rows]
  if (told === undefined) assert.ok(signal === 'SIGABRT' || signal === 'SIGSEGV', signal)
  else {
    const seen = { failure: 'unavailable', again: 'unavailable', deletion: 'applied' }
    assert.equal(JSON.parse(told), { rows, ...seen, readable: rows - 1 })
  }
  const driver = new LmdbDriver({ path, mapSizeBytes: 64 * MIB })
  await driver.open()
  const { rows: found } = await new TableFixture(driver, TABLE).scan()
  assert.ok(found.length === rows - 1 || (!told && found.length === rows), 'nothing is lost')
  await driver.close()
})

test('a put that may not fit on the disk is refused; other work continues', async () => {
  const path = await freshPath()
  const driver = new LmdbDriver({ path, mapSizeBytes: 64 * MIB })
  await driver.open()
  const table = new TableFixture(driver, TABLE)
  const put = (row: number) =>
    table.commit(text(`row ${row}`), commitOf({ put: [putRow(S, Buffer.alloc(50_000))] }))
  const { statfs } = promises
  const withFree = async (bytes: number, work: () => Promise<void>) => {
    Object.assign(promises, { statfs: async () => ({ bavail: bytes, bsize: 1 }) })
    syncBuiltinESMExports()
    try {
      await delay(DISK_LOOK_MS)
      await work()
    } finally {
      Object.assign(promises, { statfs })
      syncBuiltinESMExports()
      await delay(DISK_LOOK_MS)
    }
  }
  await put(1)
  await withFree(2 * MIB, async () => {
    await rejects(() => put(2), /the disk is full/)
    await rejects(() => driver.checkRoom(), /the disk is full/)
    await table.commit(text('row 3'), { ...commitOf({ put: [putRow(S, S)] }), reserve: 'jobs' })
    await table.commit(text('row 1'), commitOf({ delete: [S] }))
  })
  await put(2)
  await driver.checkRoom()
  assert.is((await table.scan()).rows.length, 2)
  await driver.close()
})

test('a file that is no database is not opened', async () => {
  const path = await freshPath()
  const open = (name: string) => openEnvironment({ path: join(path, name), mapSizeBytes: MIB })
  const withData = async (name: string, data: string | Buffer) => {
    await mkdir(join(path, name))
    await writeFile(join(path, name, 'data.mdb'), data)
  }
  await withData('short', 'x')
  await rejects(() => open('short'), /data\.mdb is not an LMDB database/)
  await withData('random', randomBytes(100_000))
  await rejects(() => open('random'), /data\.mdb is not an LMDB database/)
  await mkdir(join(path, 'device'))
  await symlink('/dev/full', join(path, 'device/data.mdb'))
  await rejects(() => open('device'), /data\.mdb is not a file/)
  await rejects(
    () => openEnvironment({ path: '/dev/full', mapSizeBytes: MIB }),
    /\/dev\/full is not a f/,
  )
  await rejects(
    () => openEnvironment({ path: '/proc/no', mapSizeBytes: MIB }),
    /ENOENT.*\/proc\/no/,
  )
  await withData('empty', '')
  await open('empty')
  await closeEnvironment({ path: join(path, 'empty'), mapSizeBytes: MIB })
  await open('made/with/its/parents')
  await closeEnvironment({ path: join(path, 'made/with/its/parents'), mapSizeBytes: MIB })
})

test('a read sees the latest commit of another process', async () => {
  const path = await freshPath()
  const driver = new LmdbDriver({ path, mapSizeBytes: 64 * MIB })
  await driver.open()
  assert.is(driver.versionNow(TABLE, P, S), null)
  // Only one microtask may pass in between, and no turn of the event loop.
  spawnSync(process.execPath, [OPENER, path, 's'])
  await null
  assert.not.equal(driver.versionNow(TABLE, P, S), null)
  await driver.close()
})

test('several processes can create one database at the same time', async () => {
  const path = await freshPath()
  const openers = Array.from({ length: 4 }, (_, index) =>
    run(process.execPath, [OPENER, path, `row ${index}`]),
  )
  await Promise.all(openers)
  const driver = new LmdbDriver({ path, mapSizeBytes: 64 * MIB })
  await driver.open()
  assert.is((await new TableFixture(driver, TABLE).rows(P)).length, 4)
  await driver.close()
})

test('a commit hidden by an opening process is not lost by the next commit', async () => {
  const path = await freshPath()
  const driver = new LmdbDriver({ path, mapSizeBytes: 64 * MIB })
  await driver.open()
  const table = new TableFixture(driver, TABLE)
  for (const value of ['1', '2', '3']) {
    await table.put(P, S, value)
  }
  // lmdb may do this when it opens a database beside a writer. The test cannot time that.
  await run(process.execPath, [OPENER, path, 'hide the latest commit'])
  const deadline = performance.now() + 200
  const hidden = await driver
    .commit(TABLE, P, commitOf({ put: [putRow(S, '4')] }), deadline)
    .catch((reason: unknown) => reason)
  assert.instance(hidden, StorageUnavailableError)
  await run(process.execPath, [OPENER, path, 'another row'])
  assert.is(await table.value(P, S), '3')
  await table.put(P, S, '5')
  assert.is(await table.value(P, S), '5')
  assert.is((await table.rows(P)).length, 2)
  await driver.close()
})

test('with any umask, only the owner can read a new database', async () => {
  const umask = process.umask(0)
  try {
    const path = join(await freshPath(), 'data', 'lmdb')
    const driver = new LmdbDriver({ path, mapSizeBytes: 64 * MIB })
    await driver.open()
    assert.is(await modeOf(join(path, '..')), '700')
    assert.is(await modeOf(path), '700')
    assert.is(await modeOf(join(path, 'data.mdb')), '600')
    assert.is(await modeOf(join(path, 'lock.mdb')), '600')
    await driver.close()
  } finally {
    process.umask(umask)
  }
})

test('opening an older database removes the read right of everybody', async () => {
  const path = await freshPath()
  const driver = new LmdbDriver({ path, mapSizeBytes: 64 * MIB })
  await driver.open()
  await driver.close()
  for (const file of ['data.mdb', 'lock.mdb']) await chmod(join(path, file), 0o664)
  await driver.open()
  assert.is(await modeOf(join(path, 'data.mdb')), '660')
  assert.is(await modeOf(join(path, 'lock.mdb')), '660')
  await driver.close()
})

test('a database with another layout number is not opened', async () => {
  const options = { path: await freshPath(), mapSizeBytes: 64 * MIB }
  const environment = await openEnvironment(options)
  await environment.put(LAYOUT_KEY, Buffer.from([9]))
  await closeEnvironment(options)
  const error = await openEnvironment(options).catch((reason: unknown) => reason)
  assert.match(String(error), /layout 09/)
})

test('a call of a closed driver rejects with StorageUnavailableError', async () => {
  const driver = new LmdbDriver({ path: await freshPath(), mapSizeBytes: 64 * MIB })
  await driver.open()
  const table = new TableFixture(driver, TABLE)
  const put = table.put(P, S)
  await driver.close()
  await put
  const error = await table.get(P, S).catch((reason: unknown) => reason)
  assert.instance(error, StorageUnavailableError)
})

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8)
}

async function rejects(run: () => Promise<unknown>, message: RegExp): Promise<void> {
  const error = await run().catch((reason: unknown) => reason)
  assert.instance(error, Error)
  assert.match((error as Error).message, message)
}

test.run()
