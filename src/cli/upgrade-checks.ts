import type { Config } from '../config/load.ts'
import { storedTables } from '../engine/catalogue/stored-tables.ts'
import { formatProblem } from '../engine/format/database-format.ts'
import { nodeRefusal } from '../process/package-file.ts'
import { storageOptions } from '../service/storage-options.ts'
import type { StorageDriver } from '../storage/driver.ts'
import { openExisting } from '../storage/registry.ts'
import { policyProblems } from './policy-problems.ts'
import { storagePlace } from './storage-place.ts'
import type { CheckResult } from './upgrade-report.ts'

const UNREADABLE_SHOWN_MAX = 5
const FORMAT = 'Data Format'
const FORMAT_MS_MAX = 10_000

/** Whether this version can take over the deployment. Changes and creates nothing. */
export async function upgradeChecks(readConfig: () => Config): Promise<readonly CheckResult[]> {
  const node = nodeCheck(process.versions.node)
  // On an unsupported version of Node.js, other checks could fail for that reason alone.
  if (node.code !== 0) return [node]
  let config: Config
  try {
    config = readConfig()
  } catch (error) {
    return [node, failure('Configuration', error)]
  }
  const { warnings } = config
  return [
    node,
    warnings.length > 0
      ? { check: 'Configuration', code: 1, details: warnings.join('; ') }
      : success('Configuration'),
    await policyCheck(config),
    ...(await storageChecks(config)),
  ]
}

export function nodeCheck(version: string): CheckResult {
  const refusal = nodeRefusal(version)
  return refusal === undefined ? success('Node.js') : failure('Node.js', new Error(refusal))
}

async function policyCheck(config: Config): Promise<CheckResult> {
  try {
    const problems = await policyProblems(config)
    if (problems.length === 0) return success('Policy Files')
    return { check: 'Policy Files', code: 1, details: problems.join('; ') }
  } catch (error) {
    return failure('Policy Files', error)
  }
}

async function storageChecks(config: Config): Promise<readonly CheckResult[]> {
  let driver: StorageDriver | undefined
  try {
    driver = await openExisting(storageOptions(config))
  } catch (error) {
    return [failure('Storage', error)]
  }
  if (!driver) {
    const place = storagePlace(config)
    const details = `There is nothing yet in ${place}. The service creates it at its start.`
    return [{ check: 'Storage', code: 1, details }]
  }
  try {
    return [success('Storage'), await formatCheck(driver), await definitionsCheck(driver)]
  } catch (error) {
    return [failure('Storage', error)]
  } finally {
    await driver.close()
  }
}

async function formatCheck(driver: StorageDriver): Promise<CheckResult> {
  const problem = await formatProblem(driver, performance.now() + FORMAT_MS_MAX)
  return problem === undefined ? success(FORMAT) : failure(FORMAT, new Error(problem))
}

async function definitionsCheck(driver: StorageDriver): Promise<CheckResult> {
  const shown: string[] = []
  let unreadable = 0
  for await (const { projectId, name, definition } of storedTables(driver)) {
    if (definition) continue
    unreadable += 1
    if (shown.length < UNREADABLE_SHOWN_MAX) shown.push(`${name} of project ${projectId}`)
  }
  if (unreadable === 0) return success('Table Definitions')
  const details = `This version cannot read ${unreadable}, such as ${shown.join(', ')}.`
  return { check: 'Table Definitions', code: 2, details }
}

function success(check: string): CheckResult {
  return { check, code: 0, details: null }
}

function failure(check: string, error: unknown): CheckResult {
  return { check, code: 2, details: error instanceof Error ? error.message : String(error) }
}
