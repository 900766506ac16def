import { availableParallelism } from 'node:os'
import { checkOptions } from './checks.ts'
import {
  type ConfigPath,
  type ConfigSource,
  readConfigFiles,
  searchFolders,
} from './config-files.ts'
import type { Environment } from './environment.ts'
import { openSecrets } from './open-secrets.ts'
import { OPTION_GROUPS, type Options } from './option-groups.ts'
import { readOptions } from './read-options.ts'

/** The frozen configuration, by section and option: `config.DEFAULT.bind_port`. */
export interface Config extends Omit<Options, 'DEFAULT'> {
  readonly DEFAULT: Options['DEFAULT'] & { readonly workers: number }
  /** The files it was read from, in order. */
  readonly configFiles: readonly string[]
  /** Absolute folders to search for other files, in order. */
  readonly configFolders: readonly string[]
  /** For the log: options without effect, and files with secrets that everybody may read. */
  readonly warnings: readonly string[]
}

/** The configuration of a trial without files, which listens on loopback only. The default of
 * `auth_strategy` is `keystone`, so that a file without that option never opens the service to
 * everybody. */
const FIRST_LOOK: ConfigSource = {
  name: 'first look',
  text: '[DEFAULT]\nauth_strategy = noauth\n',
}
const IGNORED_SHOWN_MAX = 50

/**
 * Reads and checks the configuration. Later files override earlier ones, and the environment
 * overrides files. Without files and folders it is that of a trial: noauth on 127.0.0.1:8480 with
 * LMDB in `data/lmdb`.
 *
 * @throws ConfigError with one line, for an option that is missing, unknown or invalid
 */
export function loadConfig(
  paths: readonly ConfigPath[] = [],
  environment: Environment = {},
): Config {
  const files = readConfigFiles(paths)
  const sources = paths.length > 0 ? files : [FIRST_LOOK]
  const { options, ignored } = readOptions(OPTION_GROUPS, sources, environment)
  checkOptions(options)
  const { storage_driver, workers } = options.DEFAULT
  const workersDefault = storage_driver === 'memory' ? 1 : availableParallelism()
  return Object.freeze({
    ...options,
    DEFAULT: Object.freeze({ ...options.DEFAULT, workers: workers ?? workersDefault }),
    configFiles: Object.freeze(files.map(({ name }) => name)),
    configFolders: Object.freeze(searchFolders(paths)),
    warnings: Object.freeze([
      ...(ignored.length === 0 ? [] : [ignoredLine(ignored)]),
      ...openSecrets(files, options),
    ]),
  })
}

function ignoredLine(ignored: readonly string[]): string {
  const more = ignored.length - IGNORED_SHOWN_MAX
  const rest = more > 0 ? `, and ${more} more` : ''
  return `options without effect: ${ignored.slice(0, IGNORED_SHOWN_MAX).join(', ')}${rest}`
}
