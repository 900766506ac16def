import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type RunOptions, runTests } from './runner/run-tests.ts'
import { compiledRoot } from './stack/project.ts'
import { suite } from './support/suite.ts'

/** Fixtures run like test files, but end in `.case.js` so that they are not found as tests. */
async function run(options: Partial<RunOptions>) {
  const lines: string[] = []
  const code = await runTests({
    root: join(compiledRoot(), 'test/runner/fixtures'),
    suffix: '.case.js',
    unitOnly: true,
    filesMin: 1,
    leftLimitMs: 300,
    signal: new AbortController().signal,
    write: (text) => lines.push(...text.trimEnd().split('\n')),
    ...options,
  })
  return { code, output: lines.join('\n'), last: lines.at(-1) }
}

const NO_FILES = /^found 0 test files, expected at least 1\n0 passed, 1 failed\n$/
const NO_TITLE = /^no test's suite and title hold "No Such"\n0 passed, 1 failed\n$/
const NO_STACK = /^keystone: [\s\S]*\n0 passed, 1 failed\n$/m
const LAST_OF_A_FAILURE = /^\d+ passed, [1-9]\d* failed$/

const runner = suite('runner')

runner('the runner counts passed and skipped tests', async () => {
  const { code, output, last } = await run({ pattern: 'passing' })
  assert.is(last, '2 passed, 0 failed, 1 skipped')
  assert.is(code, 0)
  assert.match(output, /^ok {3}passing\.case\.js: 2 passed, 0 failed, 1 skipped, /m)
})

runner('the runner counts failed tests and shows the reasons', async () => {
  const { code, output, last } = await run({ pattern: 'failing' })
  assert.is(last, '1 passed, 1 failed')
  assert.is(code, 1)
  assert.match(output, 'does not hold')
  assert.match(output, /^failed: failing\.case\.js$/m)
})

runner('the runner shows the CPU time of a file and its child processes', async () => {
  const { output } = await run({ pattern: 'child-work' })
  const [, seconds] = / \d+\.\d s \(CPU (\d+\.\d) s\)$/m.exec(output) ?? []
  assert.ok(Number(seconds) >= 0.5, output)
})

runner('--title runs only tests whose suite and title contain it, in any case', async () => {
  const { code, output, last } = await run({ pattern: 'ing.case', title: 'FIXTURE o' })
  assert.is(last, '1 passed, 0 failed')
  assert.is(code, 0)
  assert.match(output, /^ok {3}passing\.case\.js: 1 passed, [^\n]*\n1 passed, 0 failed$/)
})

runner('--title runs no hooks of a suite without a matching test', async () => {
  const { code, output } = await run({ pattern: 'hook', title: 'no preparation' })
  assert.is(code, 1)
  assert.is(output, `no test's suite and title hold "no preparation"\n0 passed, 1 failed`)
})

runner('--title fails a file that breaks', async () => {
  const { code, last } = await run({ pattern: 'crashing', title: 'ends the process' })
  assert.is(last, '0 passed, 1 failed')
  assert.is(code, 1)
})

const FAULTS: [pattern: string, fault: RegExp, options?: Partial<RunOptions>][] = [
  ['empty', /ran no test/],
  ['hanging', /did not end within 1 s/, { fileLimitMs: 1_000 }],
  ['left-open', /still open 0\.3 s after its last test/, { exitLimitMs: 300 }],
  ['left-running', /left a process running/],
  ['only', /holds \.only\(/],
  ['hook', /a hook threw/],
  ['crashing', /ended with 1 and without a count/],
]
for (const [pattern, fault, options] of FAULTS) {
  runner(`the runner fails a file that is ${pattern}`, async () => {
    const { code, output, last } = await run({ pattern: `${pattern}.case`, ...options })
    assert.match(output, fault)
    assert.match(String(last), /^\d passed, 1 failed(, 1 skipped)?$/)
    assert.is(code, 1)
  })
}

runner('the runner continues after a failed file', async () => {
  const { code, last } = await run({ pattern: 'ing.case', fileLimitMs: 2_000 })
  assert.is(last, '4 passed, 4 failed, 1 skipped')
  assert.is(code, 1)
})

runner('the runner fails if it finds too few files', async () => {
  const { code, output } = await run({ filesMin: 1_000 })
  assert.is(code, 1)
  assert.is(output, 'found 10 test files, expected at least 1000\n0 passed, 1 failed')
})

runner('the runner stops a run that takes too long or is interrupted', async () => {
  const late = await run({ pattern: 'hanging', runLimitMs: 500 })
  assert.is(late.code, 1)
  assert.match(late.output, 'the run took too long and was stopped')
  assert.match(String(late.last), LAST_OF_A_FAILURE)

  const signal = AbortSignal.timeout(500)
  const interrupted = await run({ pattern: 'hanging', signal })
  assert.is(interrupted.code, 1)
  assert.match(interrupted.output, /^interrupted$/m)
  assert.match(String(interrupted.last), LAST_OF_A_FAILURE)
})

runner('the runner counts a stack that does not start as a failure', async () => {
  const { code, last } = await run({
    pattern: 'live/',
    unitOnly: false,
    signal: AbortSignal.abort(),
  })
  assert.is(code, 1)
  assert.is(last, '0 passed, 1 failed')
})

runner('the runner leaves no temporary folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'run-test-'))
  const before = process.env.TMPDIR
  process.env.TMPDIR = folder
  try {
    await run({ pattern: 'left-running' })
    assert.equal(readdirSync(folder), [])
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
    rmSync(folder, { recursive: true })
  }
})

const PROGRAMS: [what: string, args: readonly string[], env: NodeJS.ProcessEnv, output: RegExp][] =
  [
    ['a pattern that no file matches', ['--unit', 'no-such-file'], process.env, NO_FILES],
    [
      'a title that no test has',
      ['--unit', '--title', 'No Such', 'model/number'],
      process.env,
      NO_TITLE,
    ],
    ['a stack that lacks its programs', ['live/stack.test'], { PATH: '/nowhere' }, NO_STACK],
  ]
for (const [what, args, env, expected] of PROGRAMS) {
  runner(`as a program, ${what} counts as a failure`, async () => {
    const program = join(compiledRoot(), 'test/run.js')
    const child = spawn(process.execPath, [program, ...args], { env })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      output += chunk
    })
    const [code] = await once(child, 'close')
    assert.is(code, 1)
    assert.match(output, expected)
  })
}

runner.run()
