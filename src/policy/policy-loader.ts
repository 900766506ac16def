import { Enforcer, type PolicyRule } from './enforcer.ts'
import { PolicyError } from './policy-error.ts'
import { parsePolicyFile } from './policy-file.ts'
import {
  findPolicyFiles,
  POLICY_BYTES_MAX,
  type PolicyFileFound,
  type PolicyPlaces,
  readPolicyFile,
} from './policy-folder.ts'

const LOOK_INTERVAL_MS = 1_000
const PROBLEMS_LOGGED_MAX = 50

export interface PolicyOptions extends PolicyPlaces {
  /** Rules for which no file has an override. */
  readonly defaults: readonly PolicyRule[]
  readonly defaultRule: string
}

/** The part of a logger that is used here. */
export interface PolicyLog {
  info(fields: Readonly<Record<string, string | number>>, message: string): void
  error(fields: Readonly<Record<string, string | number>>, message: string): void
}

/**
 * Keeps an enforcer's rules up to date with the policy files. Once a second it checks whether files
 * were changed, added or removed, and reads them when two checks in a row agree. If a file cannot
 * be used, all current rules stay in force, the log says why, and the next check tries again. The
 * rules of a removed file no longer hold, as in oslo.policy.
 */
export class PolicyLoader {
  readonly enforcer: Enforcer
  readonly #options: PolicyOptions
  readonly #log: PolicyLog
  readonly #timer: NodeJS.Timeout
  /** Versions of the files at the last check, and when they were last read. */
  #seen: string
  #read: string
  #complaint: string | undefined
  #work: Promise<unknown> = Promise.resolve()
  #closed = false

  private constructor(
    options: PolicyOptions,
    log: PolicyLog,
    lookIntervalMs: number,
    first: LoadedPolicy,
  ) {
    this.#options = options
    this.#log = log
    this.#seen = first.version
    this.#read = first.version
    this.enforcer = new Enforcer(first.rules, options.defaultRule)
    this.#logRules(first)
    this.#timer = setInterval(() => this.#enqueue(() => this.#look(false)), lookIntervalMs).unref()
  }

  /** @throws PolicyError if a file cannot be used */
  static async open(
    options: PolicyOptions,
    log: PolicyLog,
    lookIntervalMs = LOOK_INTERVAL_MS,
  ): Promise<PolicyLoader> {
    return new PolicyLoader(options, log, lookIntervalMs, await load(options))
  }

  /** Reads the files even if they are unchanged. Never rejects: errors are logged. */
  reload(): Promise<void> {
    return this.#enqueue(() => this.#look(true))
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#timer)
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work)
    this.#work = done
    return done
  }

  async #look(isForced: boolean): Promise<void> {
    if (this.#closed) return
    try {
      const files = await findPolicyFiles(this.#options)
      const version = versionOf(files)
      // A file that has just changed may still be incomplete.
      const isSettled = version === this.#seen
      this.#seen = version
      if (!isForced && (version === this.#read || !isSettled)) return
      const texts = await readFiles(files)
      this.#read = version
      const loaded = policyOf(this.#options, files, texts)
      this.enforcer.setRules(loaded.rules, this.#options.defaultRule)
      this.#complaint = undefined
      this.#logRules(loaded)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      // Log the same reason once, not at every check.
      if (!isForced && reason === this.#complaint) return
      this.#complaint = reason
      this.#log.error({ reason }, 'cannot use the policy files; the current rules stay in force')
    }
  }

  #logRules({ files, fileRules }: LoadedPolicy): void {
    const { problems } = this.enforcer
    for (const problem of [...unknownNames(this.#options, fileRules), ...problems].slice(
      0,
      PROBLEMS_LOGGED_MAX,
    )) {
      this.#log.error({ problem }, 'invalid policy rule')
    }
    if (files.length === 0) {
      this.#log.info({}, 'policy in force: defaults only')
      return
    }
    const paths = files.map((file) => file.path).join(', ')
    this.#log.info({ files: paths, fileRules: fileRules.length }, 'policy in force')
  }
}

interface LoadedPolicy {
  readonly files: readonly PolicyFileFound[]
  readonly version: string
  readonly rules: readonly PolicyRule[]
  /** Those of `rules` that come from files. */
  readonly fileRules: readonly PolicyRule[]
}

async function load(options: PolicyOptions): Promise<LoadedPolicy> {
  const files = await findPolicyFiles(options)
  return policyOf(options, files, await readFiles(files))
}

async function readFiles(files: readonly PolicyFileFound[]): Promise<readonly string[]> {
  if (files.reduce((sum, file) => sum + file.sizeBytes, 0) > POLICY_BYTES_MAX) {
    throw new PolicyError(`policy files may have ${POLICY_BYTES_MAX} bytes in all`)
  }
  const texts: string[] = []
  for (const file of files) texts.push(await readPolicyFile(file))
  return texts
}

function policyOf(
  { defaults }: PolicyOptions,
  files: readonly PolicyFileFound[],
  texts: readonly string[],
): LoadedPolicy {
  const fileRules = files.flatMap(({ path }, i) => parsePolicyFile(texts[i] ?? '', path))
  return { files, version: versionOf(files), rules: [...defaults, ...fileRules], fileRules }
}

function versionOf(files: readonly PolicyFileFound[]): string {
  return files.map((file) => file.version).join('\n')
}

/** Rules for operations that do not exist, most likely misspelled names. */
function unknownNames({ defaults }: PolicyOptions, fileRules: readonly PolicyRule[]): string[] {
  const known = new Set(defaults.map((rule) => rule.name))
  return fileRules
    .filter(({ name }) => name.startsWith('mdb:') && !known.has(name))
    .map(({ name, where = '' }) => `${where}: ${name}: there is no such operation`)
}
