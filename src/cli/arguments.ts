import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { ConfigPath } from '../config/config-files.ts'

/** Default of the tools. Unlike the service, they do not fall back to the configuration of a trial,
 * since no deployment has that. */
const CONFIG_FILE = '/etc/magnetodb/magnetodb.conf'

const CONFIG_OPTIONS = {
  'config-file': { type: 'string', multiple: true },
  'config-dir': { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const

export const CONFIG_USAGE = `  --config-file FILE  read the configuration from FILE
                      (unless given: ${CONFIG_FILE})
  --config-dir DIR    read it from the files *.conf of DIR, in the order of their names
  --version           print the version and exit
  --help              print this and exit
`

/** Invalid arguments, explained in one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface ToolArguments {
  readonly action: 'run' | 'help' | 'version'
  /** The words of the command, such as `tables list`. */
  readonly command: string
  /** In the order given; later values win. */
  readonly configPaths: readonly ConfigPath[]
  /** The tool's own options. */
  readonly values: Readonly<Record<string, string | boolean | undefined>>
}

/** @throws UsageError */
export function readArguments(
  args: readonly string[],
  own: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>,
): ToolArguments {
  const { values, positionals, tokens } = parsed({
    args: [...args],
    options: { ...own, ...CONFIG_OPTIONS },
    allowPositionals: true,
    tokens: true,
  })
  const given = (tokens ?? []).flatMap((token): ConfigPath[] => {
    if (token.kind !== 'option' || token.value === undefined) return []
    if (token.name === 'config-file') return [token.value]
    return token.name === 'config-dir' ? [{ folder: token.value }] : []
  })
  return {
    action: values.help ? 'help' : values.version ? 'version' : 'run',
    command: positionals.join(' '),
    configPaths: given.length > 0 ? given : [CONFIG_FILE],
    values: values as ToolArguments['values'],
  }
}

function parsed(config: ParseArgsConfig) {
  try {
    return parseArgs(config)
  } catch (error) {
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new UsageError(`${line} (see --help)`)
  }
}
