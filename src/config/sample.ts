import type { Option, OptionGroup } from './option.ts'
import { OPTION_GROUPS } from './option-groups.ts'

const HELP_CHARS_MAX = 78

const PREAMBLE = `Configuration of MagnetoDB, read by magnetodb-api --config-file FILE.

Each option can be set by an environment variable as well, such as OS_DEFAULT__WORKERS=2 for \
workers of the section [DEFAULT]. It wins over the files.

Written from the declarations in the code by npm run config-sample: do not edit. Every \
option is shown with its default, <None> where it has none.`

/** The text of `etc/magnetodb.conf.sample`, in the form of oslo.config's samples. */
export function sampleConfig(): string {
  const groups = Object.entries(OPTION_GROUPS).map(([section, group]) =>
    sampleGroup(section, group),
  )
  return `${[comment(PREAMBLE), ...groups].join('\n\n\n')}\n`
}

function sampleGroup(section: string, group: OptionGroup): string {
  const options = Object.entries(group.options).map(([name, option]) =>
    sampleOption(section, name, option),
  )
  return [`[${section}]\n${comment(group.help)}`, ...options, ...sampleUnused(group)].join('\n\n')
}

/** A line for each reason. */
function sampleUnused({ unused = {} }: OptionGroup): string[] {
  const names = Object.keys(unused)
  const lines = [...new Set(Object.values(unused))].map((why) =>
    comment(`${names.filter((name) => unused[name] === why).join(', ')}: ${why}.`),
  )
  return lines.length === 0 ? [] : [[comment('Accepted, and without effect:'), ...lines].join('\n')]
}

function sampleOption(section: string, name: string, option: Option<unknown>): string {
  const { type, help, mutable, deprecatedNames = [] } = option
  const lines = [
    comment(`${help} (${type.name})`),
    ...type.sampleLines.map(comment),
    ...(mutable
      ? [comment('Note: This option can be changed without restarting: by SIGHUP.')]
      : []),
    ...deprecatedNames.map((old) => comment(`Deprecated group/name - [${section}]/${old}`)),
    `#${name} = ${sampleDefault(option)}`,
  ]
  return lines.join('\n')
}

function sampleDefault({ type, defaultValue, sampleDefault }: Option<unknown>): string {
  return sampleDefault ?? (defaultValue === undefined ? '<None>' : type.format(defaultValue))
}

/** Wraps each line of the text at its spaces and puts `# ` before it. */
function comment(text: string): string {
  const lines: string[] = []
  for (const paragraph of text.split('\n')) {
    let line = '#'
    for (const word of paragraph.split(' ')) {
      if (word === '') continue
      if (line !== '#' && line.length + 1 + word.length > HELP_CHARS_MAX) {
        lines.push(line)
        line = '#'
      }
      line += ` ${word}`
    }
    lines.push(line)
  }
  return lines.join('\n')
}
