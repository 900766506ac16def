import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { test } from '../../support/suite.ts'
import { cached, cacheFolder } from './download-cache.ts'

let home = ''
const before = process.env.XDG_CACHE_HOME

test.before.each(() => {
  home = mkdtempSync(join(tmpdir(), 'download-cache-'))
  process.env.XDG_CACHE_HOME = home
})

test.after.each(() => {
  rmSync(home, { recursive: true })
  if (before === undefined) delete process.env.XDG_CACHE_HOME
  else process.env.XDG_CACHE_HOME = before
})

test('a download is built once, and again if its inputs change', async () => {
  let builds = 0
  const build = async (folder: string) => {
    builds++
    writeFileSync(join(folder, 'content'), 'whole')
  }
  const first = await cached('thing', ['version 1'], build)
  assert.is(await cached('thing', ['version 1'], build), first)
  assert.is(builds, 1)
  assert.is.not(await cached('thing', ['version 2'], build), first)
  assert.is(builds, 2)
  assert.is(readFileSync(join(first, 'content'), 'utf8'), 'whole')
})

test('two concurrent builders produce one complete entry', async () => {
  const started: (() => void)[] = []
  const build = async (folder: string) => {
    await new Promise<void>((resolve) => {
      started.push(resolve)
      if (started.length === 2) for (const go of started) go()
    })
    writeFileSync(join(folder, 'content'), 'whole')
  }
  const [first, second] = await Promise.all([
    cached('thing', [], build),
    cached('thing', [], build),
  ])
  assert.is(first, second)
  assert.equal(readdirSync(first), ['content'])
  assert.is(readdirSync(cacheFolder()).length, 1)
})

test('a failed build leaves no entry', async () => {
  let message = ''
  await cached('thing', [], async (folder) => {
    assert.ok(existsSync(folder))
    throw new Error('no network')
  }).catch((error) => {
    message = error.message
  })
  assert.is(message, 'no network')
  assert.equal(readdirSync(cacheFolder()), [])
})

test.run()
