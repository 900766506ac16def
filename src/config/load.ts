import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, resolve } from 'node:path'
import { checkOptions } from './checks.ts'
import { ConfigError, quoted } from './config-error.ts'
import { OPTION_GROUPS, type Options } from './option-groups.ts'
import { type ConfigSource, readOptions } from './read-options.ts'

/** The whole configuration, frozen, by section and option: `config.DEFAULT.bind_port`. */
export interface Config extends Omit<Options, 'DEFAULT'> {
  readonly DEFAULT: Options['DEFAULT'] & { readonly workers: number }
  /** Absolute, that of the last file first: where other files are looked for. */
  readonly configFolders: readonly string[]
  /** For the log: what the files say to no effect. */
  readonly warnings: readonly string[]
}

/**
 * What the service runs with when it is given no file. The default of the option itself is
 * `keystone`, so that a file that forgets it never opens the service: only the lack of any file
 * means a first look, and that listens on loopback alone.
 */
const FIRST_LOOK: ConfigSource = {
  name: 'first look',
  text: '[DEFAULT]\nauth_strategy = noauth\n',
}

/**
 * Reads and checks the configuration; values in later files win. Without files it is a first look:
 * noauth on 127.0.0.1:8480 with LMDB in `data/lmdb`. Throws a `ConfigError` of one line for
 * whatever is missing, unknown or not allowed.
 */
export function loadConfig(configFiles: readonly string[] = []): Config {
  const sources = configFiles.length > 0 ? configFiles.map(readSource) : [FIRST_LOOK]
  const warnings: string[] = []
  const options = readOptions(OPTION_GROUPS, sources, (line) => warnings.push(line))
  checkOptions(options)
  const { storage_driver, workers } = options.DEFAULT
  const workersDefault = storage_driver === 'memory' ? 1 : availableParallelism()
  return Object.freeze({
    ...options,
    DEFAULT: Object.freeze({ ...options.DEFAULT, workers: workers ?? workersDefault }),
    configFolders: Object.freeze(configFiles.map((file) => dirname(resolve(file))).reverse()),
    warnings: Object.freeze(warnings),
  })
}

function readSource(path: string): ConfigSource {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
    return { name: path, text }
  } catch (error) {
    throw new ConfigError(`cannot read the configuration file ${quoted(path)}: ${reason(error)}`, {
      cause: error,
    })
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EACCES':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a folder'
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'it is not UTF-8 text'
    default:
      return String(code)
  }
}
