import { parseArgs } from 'node:util'
import { ConfigError, quoted } from './config-error.ts'
import type { ConfigPath } from './config-files.ts'
import { didYouMean } from './did-you-mean.ts'

export interface CommandLine {
  readonly action: 'run' | 'help' | 'version'
  /** In the order given; later values win. Empty for a trial without files. */
  readonly configPaths: readonly ConfigPath[]
}

export const USAGE = `usage: magnetodb-api [--config-file FILE | --config-dir DIR]...

MagnetoDB, a key-value database service for OpenStack.

  --config-file FILE  read the configuration from FILE
  --config-dir DIR    read it from the files *.conf of DIR, sorted by name
  --version           print the version and exit
  --help              print this and exit

Both may be repeated, and values in later files win. An environment variable such as
OS_DEFAULT__WORKERS=2, for the option workers of the section [DEFAULT], overrides all files.
Without any file or folder the service runs for a first try: on 127.0.0.1:8480, without
authentication, with its tables in the folder data/lmdb.
`

const KNOWN_OPTIONS = ['--config-file', '--config-dir', '--help', '--version']

/** Parses the arguments after the program's name. @throws ConfigError */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      'config-file': { type: 'string', multiple: true },
      'config-dir': { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
    strict: false,
    tokens: true,
  })
  const configPaths: ConfigPath[] = []
  let action: CommandLine['action'] = 'run'
  for (const token of tokens) {
    if (token.kind === 'positional') {
      throw new ConfigError(`unexpected argument ${quoted(token.value)} (see --help)`)
    }
    if (token.kind === 'option-terminator') continue
    switch (token.name) {
      case 'config-file':
      case 'config-dir': {
        const isFile = token.name === 'config-file'
        // A following flag means that the name is missing. `--config-file=-name` is accepted.
        if (!token.value || (!token.inlineValue && token.value.startsWith('-'))) {
          const kind = isFile ? 'file' : 'folder'
          throw new ConfigError(`--${token.name} must be followed by a ${kind} name`)
        }
        configPaths.push(isFile ? token.value : { folder: token.value })
        break
      }
      case 'help':
      case 'version':
        if (token.value !== undefined) throw new ConfigError(`--${token.name} takes no value`)
        if (action !== 'help') action = token.name
        break
      default: {
        const hint = didYouMean(token.rawName, KNOWN_OPTIONS)
        throw new ConfigError(`unknown option ${quoted(token.rawName)}${hint || ' (see --help)'}`)
      }
    }
  }
  return { action, configPaths }
}
