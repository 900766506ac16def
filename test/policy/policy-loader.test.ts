import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { PolicyError } from '../../src/policy/policy-error.ts'
import { POLICY_BYTES_MAX } from '../../src/policy/policy-folder.ts'
import { PolicyLoader } from '../../src/policy/policy-loader.ts'
import { test } from '../support/suite.ts'
import { RecordedPolicyLog } from './recorded-policy-log.ts'

const DEFAULTS = [
  { name: 'reader', checkStr: 'role:reader' },
  { name: 'mdb:scan', checkStr: 'rule:reader' },
  { name: 'mdb:put_item', checkStr: 'role:member' },
]

const LOOK_INTERVAL_MS = 200

let root: string
let log: RecordedPolicyLog
let loader: PolicyLoader | undefined

test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'magnetodb-policy-'))
  mkdirSync(join(root, 'policy.d'))
  log = new RecordedPolicyLog()
})

test.after.each(() => {
  loader?.close()
  loader = undefined
  rmSync(root, { recursive: true })
})

function write(name: string, text: string): void {
  writeFileSync(join(root, name), text)
}

async function open(): Promise<PolicyLoader> {
  loader = await PolicyLoader.open(
    {
      policyFile: 'policy.yaml',
      policyDirs: ['policy.d'],
      searchFolders: [root],
      defaults: DEFAULTS,
      defaultRule: 'default',
    },
    log,
    LOOK_INTERVAL_MS,
  )
  return loader
}

/** Which of three roles may scan, and which may put an item. */
function allowed({ enforcer }: PolicyLoader): string {
  const mayDo = (name: string) =>
    ['reader', 'member', 'boss'].filter((role) => {
      const roles = new Set([role])
      const identity = { userId: 'u1', projectId: 'p1', roles, expiresAt: Infinity }
      return enforcer.allows(name, identity, { projectId: 'p1' })
    })
  return `scan ${mayDo('mdb:scan')}, put ${mayDo('mdb:put_item')}`
}

async function refusal(): Promise<string> {
  try {
    await open()
  } catch (error) {
    assert.instance(error, PolicyError)
    const { message } = error as PolicyError
    assert.not.match(message, '\n')
    return message
  }
  throw new Error('accepted')
}

test('without policy files the defaults apply', async () => {
  assert.is(allowed(await open()), 'scan reader, put member')
  assert.equal(log.errors, [])
})

test('files change single rules, also referenced ones; later files win', async () => {
  write('policy.yaml', 'reader: role:boss\nmdb:put_item: role:reader\n')
  write('policy.d/20.yaml', 'mdb:put_item: role:boss\n')
  write('policy.d/10.yaml', 'mdb:put_item: role:member\n')
  assert.is(allowed(await open()), 'scan boss, put boss')
})

test('files of policy.d work without policy.yaml', async () => {
  write('policy.d/any', '{"mdb:scan": [["role:boss"]]}')
  assert.is(allowed(await open()), 'scan boss, put member')
})

test('a wrong rule denies and is logged; other rules apply', async () => {
  write('policy.yaml', 'mdb:scan: role:boss and\nmdb:put_itme: role:boss\n')
  assert.is(allowed(await open()), 'scan , put member')
  assert.equal(log.errors, [
    `${root}/policy.yaml: mdb:put_itme: there is no such operation`,
    `${root}/policy.yaml: mdb:scan: a check is missing`,
  ])
})

test('files that cannot be used end the start', async () => {
  write('policy.yaml', 'mdb:scan: "http://example.org/"\n')
  assert.is(
    await refusal(),
    `${root}/policy.yaml: mdb:scan: remote checks (http:) are not supported`,
  )
  write('policy.yaml', 'mdb:scan: "role\n')
  assert.match(await refusal(), /policy\.yaml: Missing closing "quote/)
  write('policy.yaml', `#${'x'.repeat(POLICY_BYTES_MAX)}\n`)
  assert.is(await refusal(), `policy files may have ${POLICY_BYTES_MAX} bytes in all`)
})

test('a changed file takes effect without a signal', async () => {
  const opened = await open()
  await log.nextAfter(() => write('policy.yaml', 'mdb:scan: role:boss\n'))
  assert.is(allowed(opened), 'scan boss, put member')
  await log.nextAfter(() => write('policy.d/1.yaml', 'mdb:scan: role:member\n'))
  assert.is(allowed(opened), 'scan member, put member')
  await log.nextAfter(() => rmSync(join(root, 'policy.d/1.yaml')))
  assert.is(allowed(opened), 'scan boss, put member')
  await log.nextAfter(() => rmSync(join(root, 'policy.yaml')))
  assert.is(allowed(opened), 'scan reader, put member')
  assert.equal([log.inForce, log.errors], [5, []])
})

test('SIGHUP reads files at once; unusable files change nothing', async () => {
  write('policy.yaml', 'mdb:scan: role:boss\n')
  const opened = await open()
  write('policy.yaml', 'mdb:scan: role:member\n')
  await opened.reload()
  assert.is(allowed(opened), 'scan member, put member')

  write('policy.d/1.yaml', 'mdb:put_item: role:boss\n')
  write('policy.d/2.yaml', 'mdb:scan: https://example.org/\n')
  await opened.reload()
  assert.is(allowed(opened), 'scan member, put member')
  const complaint = `${root}/policy.d/2.yaml: mdb:scan: remote checks (https:) are not supported`
  assert.equal(log.errors, [complaint])

  await opened.reload()
  assert.equal(log.errors, [complaint, complaint])
  rmSync(join(root, 'policy.d/2.yaml'))
  await opened.reload()
  assert.is(allowed(opened), 'scan member, put boss')
})

test('files that cannot be used are logged once', async () => {
  const opened = await open()
  await log.nextAfter(() => write('policy.yaml', '- no map\n'))
  await log.nextAfter(() => write('policy.yaml', 'mdb:scan: role:boss\n'))
  assert.is(allowed(opened), 'scan boss, put member')
  assert.equal(log.errors, [`${root}/policy.yaml: it must be a map of rule names to rules`])
})

test('a folder that cannot be read is logged once', async () => {
  const opened = await open()
  const policyFile = join(root, 'policy.yaml')
  await log.nextAfter(() => mkdirSync(policyFile))
  await setTimeout(4 * LOOK_INTERVAL_MS)
  await log.nextAfter(() => {
    rmdirSync(policyFile)
    write('policy.yaml', 'mdb:scan: role:boss\n')
  })
  assert.is(allowed(opened), 'scan boss, put member')
  assert.equal(log.errors, [`${policyFile}: it is not a file`])
})

test('files that could not be read are tried again', async () => {
  const opened = await open()
  const { readFile } = promises
  const replaceReadFile = (replacement: unknown) => {
    Object.assign(promises, { readFile: replacement })
    syncBuiltinESMExports()
  }
  replaceReadFile(() => Promise.reject(Object.assign(new Error(), { code: 'EMFILE' })))
  try {
    await log.nextAfter(() => write('policy.yaml', 'mdb:scan: role:boss\n'))
  } finally {
    await log.nextAfter(() => replaceReadFile(readFile))
  }
  assert.is(allowed(opened), 'scan boss, put member')
  assert.equal(log.errors, [`${root}/policy.yaml: cannot be read (EMFILE)`])
})

test('a file is not read while it is being written', async () => {
  write('policy.yaml', 'mdb:scan: role:boss\n')
  const opened = await open()
  let growing: NodeJS.Timeout | undefined
  await log.nextAfter(() => {
    let text = ''
    growing = setInterval(() => {
      text += '# more to come\n'
      writeFileSync(join(root, 'policy.yaml'), text)
      if (text.length < 400) return
      clearInterval(growing)
      writeFileSync(join(root, 'policy.yaml'), `${text}mdb:scan: role:member\n`)
    }, LOOK_INTERVAL_MS / 4)
  })
  clearInterval(growing)
  assert.is(allowed(opened), 'scan member, put member')
  assert.is(log.inForce, 2)
})

test('a reload after close does nothing', async () => {
  const opened = await open()
  opened.close()
  write('policy.yaml', 'mdb:scan: role:boss\n')
  await opened.reload()
  assert.is(allowed(opened), 'scan reader, put member')
})

test.run()
