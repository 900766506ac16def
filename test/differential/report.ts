import type { Difference, Outcome } from './differential.ts'
import type { Answer } from './service.ts'

const SHOWN_TEXT_LENGTH_MAX = 1_500

/** For a person. */
export function report(outcome: Outcome): string {
  const differences = grouped(outcome.differences)
  return [
    ...differences.map(described),
    section('operations', outcome.operations),
    section('explained', outcome.explained),
    section('productions', outcome.productions),
    section('messages', outcome.messages),
    `${outcome.differences.length} differences without an explanation`,
  ].join('\n')
}

function section(title: string, counts: ReadonlyMap<string, number>): string {
  const lines = [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `  ${count} ${name}`)
  return [`${title}:`, ...lines].join('\n')
}

/** Those of one cause, as far as their answers tell, the smallest request first. */
function grouped(differences: readonly Difference[]): Difference[][] {
  const groups = new Map<string, Difference[]>()
  for (const difference of differences) {
    const cause = causeOf(difference)
    groups.set(cause, [...(groups.get(cause) ?? []), difference])
  }
  const size = ({ request }: Difference) => JSON.stringify(request).length
  for (const group of groups.values()) group.sort((one, other) => size(one) - size(other))
  return [...groups.values()].sort((one, other) => other.length - one.length)
}

function causeOf({ request, theirs, ours }: Difference): string {
  return [request.operation, brief(theirs), brief(ours)].join(' | ')
}

function brief({ status, type = '', message = '' }: Answer): string {
  return `${status} ${type} ${message.replace(/"[^"]*"|[:#]\w+|\[[^\]]*\]/g, '_')}`
}

function described(group: readonly Difference[]): string {
  const [{ at, request, theirs, ours }] = group as [Difference]
  const text = (value: unknown) => JSON.stringify(value).slice(0, SHOWN_TEXT_LENGTH_MAX)
  return [
    `## ${group.length} times: ${request.operation} (operation ${at})`,
    `request: ${text(request.body)}`,
    `theirs:  ${text(theirs)}`,
    `ours:    ${text(ours)}`,
    '',
  ].join('\n')
}
