import type { Difference, Outcome } from './differential.ts'
import { EXPLANATIONS } from './explanations.ts'
import type { Answer } from './peer.ts'

const SHOWN_TEXT_LENGTH_MAX = 1_500

/** Least number of times that a long run must choose each alternative. */
const PRODUCTION_COUNT_MIN = 100
/** The same for alternatives of requests about tables and of faulty requests. */
const VARIANT_COUNT_MIN = 20
const MESSAGE_COUNT_MIN = 20
const LONG_RUN_OPERATIONS = 50_000
const EXPLAINED_PERCENT_MAX = 1

export function report(outcome: Outcome): string {
  return [
    described(outcome.differences),
    section('operations', outcome.operations),
    section('explained', outcome.explained),
    section('productions met rarely', rare(outcome)),
    section(`messages met less than ${MESSAGE_COUNT_MIN} times`, rareMessages(outcome)),
    section('messages', outcome.messages),
    ...faultsOf(outcome),
    `${sum(outcome.operations)} operations, ${outcome.differences.length} differences, ` +
      `${sum(outcome.explained)} explained\n`,
  ].join('\n')
}

/** The reasons why the run has failed. */
export function faultsOf(outcome: Outcome): string[] {
  const operations = sum(outcome.operations)
  const faults: string[] = []
  if (outcome.differences.length > 0) {
    faults.push(`${outcome.differences.length} differences are not explained`)
  }
  if (sum(outcome.explained) > (operations * EXPLAINED_PERCENT_MAX) / 100) {
    faults.push(`more than ${EXPLAINED_PERCENT_MAX} % of the operations differ`)
  }
  if (operations < LONG_RUN_OPERATIONS) return faults
  for (const name of Object.keys(EXPLANATIONS)) {
    if (!outcome.explained.has(name)) faults.push(`nothing was explained by: ${name}`)
  }
  for (const [name, count] of rare(outcome)) faults.push(`met ${count} times: ${name}`)
  return faults
}

function rare({ productions }: Outcome): Map<string, number> {
  const leastOf = (name: string) =>
    /^(table|mutation)/.test(name) ? VARIANT_COUNT_MIN : PRODUCTION_COUNT_MIN
  return new Map([...productions].filter(([name, count]) => count < leastOf(name)))
}

function rareMessages({ messages }: Outcome): Map<string, number> {
  return new Map([...messages].filter(([, count]) => count < MESSAGE_COUNT_MIN))
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0)
}

function section(title: string, counts: ReadonlyMap<string, number>): string {
  const lines = [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `  ${count} ${name}`)
  return [`${title}:`, ...lines].join('\n')
}

/** Groups of differences whose answers suggest the same cause, each with the smallest request
 * first. */
function grouped(differences: readonly Difference[]): Difference[][] {
  const causes = [...new Set(differences.map(causeOf))]
  const groups = causes.map((cause) => differences.filter((each) => causeOf(each) === cause))
  const size = ({ request }: Difference) => JSON.stringify(request).length
  for (const group of groups) group.sort((one, other) => size(one) - size(other))
  return groups.sort((one, other) => other.length - one.length)
}

function causeOf({ request, theirs, ours }: Difference): string {
  return [request.operation, brief(theirs), brief(ours)].join(' | ')
}

function brief({ status, type = '', message = '' }: Answer): string {
  return `${status} ${type} ${message.replace(/"[^"]*"|[:#]\w+|\[[^\]]*\]/g, '_')}`
}

/** Describes unexplained differences for a person. */
export function described(differences: readonly Difference[]): string {
  return grouped(differences).map(groupText).join('\n')
}

function groupText(group: readonly Difference[]): string {
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
