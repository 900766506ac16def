import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as assert from 'uvu/assert'
import { loadConfig } from '../../src/config/load.ts'
import { Enforcer } from '../../src/policy/enforcer.ts'
import type { RuleText } from '../../src/policy/parser.ts'
import { PolicyError } from '../../src/policy/policy-error.ts'
import { PolicyLoader } from '../../src/policy/policy-loader.ts'
import { policyOptions, policySample, RULE_DEFAULTS } from '../../src/service/policy-options.ts'
import { RecordedPolicyLog } from '../policy/recorded-policy-log.ts'
import { seeded } from '../seeded.ts'
import { runPython } from '../support/program.ts'
import { suite } from '../support/suite.ts'
import {
  identityOf,
  type Question,
  type RuleSet,
  randomQuestion,
  randomRuleSet,
} from './policy-cases.ts'
import { POLICY_FOLDERS, type PolicyFolder, randomFolder } from './policy-folders.ts'

/** Compares this implementation's decisions with the real oslo.policy's. */

const RULE_SETS = 1_000
const RANDOM_FOLDERS = 60
const QUESTIONS_PER_RULE = 3

/** A text is an error of oslo.policy, for which its users answer 500. It is a denial here. */
type OsloVerdict = boolean | string

const test = suite('policy, beside oslo.policy')
const random = seeded('policy', 1)
const root = mkdtempSync(join(tmpdir(), 'magnetodb-policy-'))
test.after(() => rmSync(root, { recursive: true }))

interface OsloAnswers {
  readonly sample: string
  readonly cases: readonly (readonly OsloVerdict[])[]
  readonly folders: readonly (readonly OsloVerdict[] | string)[]
}

async function askOslo(
  cases: readonly RuleSet[],
  folders: readonly { configFile: string; questions: readonly Question[] }[],
): Promise<OsloAnswers> {
  const output = await runPython('policy_oracle.py', [], {
    defaults: RULE_DEFAULTS,
    cases,
    folders,
  })
  const [sample, ...answers] = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.is(answers.length, cases.length + folders.length)
  return { sample, cases: answers.slice(0, cases.length), folders: answers.slice(cases.length) }
}

function decide(enforcer: Enforcer, { rule, identity, projectId }: Question): boolean {
  return enforcer.allows(rule, identityOf(identity), { projectId })
}

function enforcerOf({ rules, defaultRule }: RuleSet): Enforcer {
  const list = Object.entries(rules).map(([name, checkStr]) => ({ name, checkStr }))
  return new Enforcer(list, defaultRule)
}

/** One rule, with questions by members and administrators. */
function single(checkStr: RuleText, others: Readonly<Record<string, RuleText>> = {}): RuleSet {
  const questions = Array.from({ length: 6 }, () => randomQuestion(random, 'rule'))
  return { rules: { rule: checkStr, ...others }, defaultRule: 'default', questions }
}

/** Writes the files and a configuration file into a folder. */
function writeFolder({ files, options = '' }: PolicyFolder): string {
  const folder = mkdtempSync(join(root, 'case-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const configFile = join(folder, 'magnetodb.conf')
  writeFileSync(configFile, `[DEFAULT]\nauth_strategy = noauth\n[oslo_policy]\n${options}`)
  return configFile
}

function folderQuestions(): readonly Question[] {
  const names = [...RULE_DEFAULTS.map((rule) => rule.name), 'extra', 'unknown']
  return names.flatMap((name) =>
    Array.from({ length: QUESTIONS_PER_RULE }, () => randomQuestion(random, name)),
  )
}

/** The decisions, or `refused` if the files are. */
async function decideFolder(
  configFile: string,
  questions: readonly Question[],
): Promise<readonly boolean[] | 'refused'> {
  try {
    const options = policyOptions(loadConfig([configFile]))
    const loader = await PolicyLoader.open(options, new RecordedPolicyLog())
    loader.close()
    return questions.map((question) => decide(loader.enforcer, question))
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    return 'refused'
  }
}

/** A conversion without a name, such as in the check `p:a% and` of a list. Python replaces it by
 * the whole target; here it denies. */
const NAMELESS_CONVERSION = /%[-+ #0-9.]*[ars]/

test("random rules have oslo.policy's verdicts", async () => {
  const cases = Array.from({ length: RULE_SETS }, () => randomRuleSet(random))
  const oslo = await askOslo(cases, [])
  const counts = { rules: 0, decisions: 0, allowed: 0, errors: 0, stricter: 0, microseconds: 0 }
  for (const [index, ruleSet] of cases.entries()) {
    const enforcer = enforcerOf(ruleSet)
    counts.rules += Object.keys(ruleSet.rules).length
    for (const [at, question] of ruleSet.questions.entries()) {
      const theirs = oslo.cases[index]?.[at]
      const started = performance.now()
      const ours = decide(enforcer, question)
      counts.microseconds += (performance.now() - started) * 1_000
      counts.decisions++
      if (ours) counts.allowed++
      if (typeof theirs === 'string') counts.errors++
      if (!ours && theirs === true && NAMELESS_CONVERSION.test(JSON.stringify(ruleSet.rules))) {
        counts.stricter++
        continue
      }
      const told = `SEED=${random.seed}: ${JSON.stringify({ ...ruleSet, questions: [question] })}`
      assert.is(ours, theirs === true, `oslo.policy says ${theirs}: ${told}`)
    }
  }
  counts.microseconds = Math.round(counts.microseconds)
  console.log(JSON.stringify(counts))
  assert.ok(counts.rules >= 2_000)
  assert.ok(counts.stricter < counts.decisions / 100)
  // The comparison must contain enough decisions of each kind.
  assert.ok(counts.allowed > counts.decisions / 10 && counts.allowed < (counts.decisions * 9) / 10)
})

/** Rules that Python evaluates, but this implementation does not. */
const STRICTER_RULES: readonly RuleSet[] = [
  ...['0x10:16', '1e3:1000.0', "b'x':b'x'", "'a''b':ab", '[1]:[1]', "'\\x61':a"].map((rule) =>
    single(rule),
  ),
  ...[
    'True.x:y',
    'a/b:c',
    'ü:x',
    '[user_id]:x',
    "'a':%(project_id)99s",
    '-0:x',
    'role:%(project_id)a',
  ].map((rule) => single(`not ${rule}`)),
  ...['(1):x', "'a':%s", "f'x':x"].map((rule) => single([`role:ghost`, rule, '@'])),
  single('service_user_domain_id:None'),
  single(`${'('.repeat(65)}@${')'.repeat(65)}`),
  single('rule:c0', {
    ...Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`c${n}`, `rule:c${n + 1}`])),
    c120: '@',
  }),
]

test('rules that are not supported here deny although oslo.policy allows', async () => {
  const oslo = await askOslo(STRICTER_RULES, [])
  for (const [index, ruleSet] of STRICTER_RULES.entries()) {
    const enforcer = enforcerOf(ruleSet)
    for (const question of ruleSet.questions) {
      assert.is(decide(enforcer, question), false, JSON.stringify(ruleSet.rules.rule))
    }
    const told = JSON.stringify({ rule: ruleSet.rules.rule, verdicts: oslo.cases[index] })
    assert.ok(oslo.cases[index]?.includes(true), told)
  }
})

test("policy files have oslo.policy's verdicts", async () => {
  const randomFolders = Array.from({ length: RANDOM_FOLDERS }, () => randomFolder(random))
  const folders = [...POLICY_FOLDERS.chosen, ...randomFolders].map((folder) => ({
    folder,
    configFile: writeFolder(folder),
    questions: folderQuestions(),
  }))
  const oslo = await askOslo([], folders)
  const counts = { folders: folders.length, decisions: 0, refused: 0 }
  for (const [index, { folder, configFile, questions }] of folders.entries()) {
    const theirs = oslo.folders[index] ?? []
    const ours = await decideFolder(configFile, questions)
    const told = `SEED=${random.seed}: ${JSON.stringify(folder)}`
    if (typeof theirs === 'string') counts.refused++
    else counts.decisions += theirs.length
    if (typeof theirs === 'string' || ours === 'refused') {
      assert.is(ours, typeof theirs === 'string' ? 'refused' : 'used', told)
      continue
    }
    const at = ours.findIndex((each, index) => each !== (theirs[index] === true))
    assert.is(at, -1, `${told}: ${JSON.stringify(questions[at])}`)
  }
  console.log(JSON.stringify(counts))
})

test('listed policy files are refused here and accepted by oslo.policy', async () => {
  const folders = POLICY_FOLDERS.stricter.map((folder) => ({
    folder,
    configFile: writeFolder(folder),
    questions: folderQuestions(),
  }))
  const oslo = await askOslo([], folders)
  for (const [index, { folder, configFile, questions }] of folders.entries()) {
    const told = JSON.stringify(folder)
    assert.is(await decideFolder(configFile, questions), 'refused', told)
    assert.ok(Array.isArray(oslo.folders[index]), `${told}: ${oslo.folders[index]}`)
  }
})

test('the policy sample equals the output of oslopolicy-sample-generator', async () => {
  const { sample } = await askOslo([], [])
  assert.is(policySample(), sample)
})

test.run()
