import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { PolicyError } from '../../src/policy/policy-error.ts'
import { findPolicyFiles, readPolicyFile } from '../../src/policy/policy-folder.ts'
import { test } from '../support/suite.ts'

/** Longer than the resolution of the kernel's file times. */
const FILE_TIME_STEP_MS = 20

let root: string

test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'magnetodb-policy-'))
  for (const name of ['near', 'far', 'near/policy.d']) mkdirSync(join(root, name))
})

test.after.each(() => rmSync(root, { recursive: true }))

function write(name: string, content: string | Uint8Array = 'a: "@"\n'): string {
  writeFileSync(join(root, name), content)
  return join(root, name)
}

async function find(policyFile = 'policy.yaml', policyDirs = ['policy.d']) {
  const searchFolders = [join(root, 'near'), join(root, 'far')]
  return findPolicyFiles({ policyFile, policyDirs, searchFolders })
}

async function namesFound(...places: Parameters<typeof find>): Promise<readonly string[]> {
  return (await find(...places)).map((file) => file.path.slice(root.length + 1))
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    assert.instance(error, PolicyError)
    return (error as PolicyError).message
  }
  throw new Error('accepted')
}

test('missing policy files and folders are no error', async () => {
  assert.equal(await namesFound('no.yaml', ['none', 'policy.d']), [])
})

test("the policy file comes first, then each folder's visible files by name", async () => {
  for (const name of ['policy.yaml', 'policy.d/b.yaml', 'policy.d/a.json', 'policy.d/.c.yaml']) {
    write(`near/${name}`)
  }
  mkdirSync(join(root, 'far/more.d'))
  mkdirSync(join(root, 'near/policy.d/inner.yaml'))
  write('far/more.d/0')
  assert.equal(await namesFound('policy.yaml', ['policy.d', 'more.d']), [
    'near/policy.yaml',
    'near/policy.d/a.json',
    'near/policy.d/b.yaml',
    'far/more.d/0',
  ])
})

test('a relative path uses the first folder that has it', async () => {
  const far = write('far/policy.yaml')
  assert.equal(await namesFound(), ['far/policy.yaml'])
  write('near/policy.yaml')
  assert.equal(await namesFound(), ['near/policy.yaml'])
  assert.equal(await namesFound(far), ['far/policy.yaml'])
})

test('symbolic links are followed', async () => {
  symlinkSync(write('far/real.yaml'), join(root, 'near/policy.yaml'))
  symlinkSync(join(root, 'nowhere'), join(root, 'near/policy.d/broken.yaml'))
  assert.equal(await namesFound(), ['near/policy.yaml'])
})

test("a file's version changes with its size, time and mode", async () => {
  const path = write('near/policy.yaml')
  const versions = new Set([(await find())[0]?.version])
  write('near/policy.yaml', 'a: "!"\n#\n')
  versions.add((await find())[0]?.version)
  await setTimeout(FILE_TIME_STEP_MS)
  utimesSync(path, 1, 1)
  versions.add((await find())[0]?.version)
  await setTimeout(FILE_TIME_STEP_MS)
  chmodSync(path, 0o600)
  versions.add((await find())[0]?.version)
  assert.is(versions.size, 4)
})

test('a path that is no file or folder, or no text, is refused in one line', async () => {
  mkdirSync(join(root, 'near/policy.yaml'))
  const path = join(root, 'near/policy.yaml')
  assert.is(await refusal(find()), `${path}: it is not a file`)
  write('near/file.d')
  assert.match(await refusal(find('none', ['file.d'])), /file\.d: cannot be read \(ENOTDIR\)$/)
  const bytes = write('near/bytes', Uint8Array.of(0x61, 0xff))
  const [file] = await find('bytes')
  assert.ok(file)
  assert.is(await refusal(readPolicyFile(file)), `${bytes}: it is not UTF-8 text`)
  rmSync(bytes)
  assert.match(await refusal(readPolicyFile(file)), /cannot be read \(ENOENT\)$/)
})

test.run()
