import { parseArgs } from 'node:util'
import { ConfigError, quoted } from './config-error.ts'
import { didYouMean } from './did-you-mean.ts'

export interface CommandLine {
  readonly action: 'run' | 'help' | 'version'
  /** In the order given: values in later files win. Empty for a first look. */
  readonly configFiles: readonly string[]
}

export const USAGE = `usage: magnetodb-api [--config-file FILE]...

MagnetoDB, a key-value database service for OpenStack.

  --config-file FILE  read the configuration from FILE; values in later files win. Without any,
                      the service runs for a first look: on 127.0.0.1:8480, without
                      authentication, with its tables in the folder data/lmdb
  --version           print the version and exit
  --help              print this and exit
`

/** Reads the arguments after the program's name. Throws a `ConfigError` for what it cannot use. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      'config-file': { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
    strict: false,
    tokens: true,
  })
  const configFiles: string[] = []
  let action: CommandLine['action'] = 'run'
  for (const token of tokens) {
    if (token.kind === 'positional') {
      throw new ConfigError(`unexpected argument ${quoted(token.value)} (see --help)`)
    }
    if (token.kind === 'option-terminator') continue
    switch (token.name) {
      case 'config-file':
        // A flag after it means that the name was forgotten; --config-file=-name gives such a one.
        if (!token.value || (!token.inlineValue && token.value.startsWith('-'))) {
          throw new ConfigError('--config-file must be followed by a file name')
        }
        configFiles.push(token.value)
        break
      case 'help':
      case 'version':
        if (token.value !== undefined) throw new ConfigError(`--${token.name} takes no value`)
        if (action !== 'help') action = token.name
        break
      default: {
        const hint = didYouMean(token.rawName, ['--config-file', '--help', '--version'])
        throw new ConfigError(`unknown option ${quoted(token.rawName)}${hint || ' (see --help)'}`)
      }
    }
  }
  return { action, configFiles }
}
