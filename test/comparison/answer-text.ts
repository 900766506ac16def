import { answersIn, type FinalAnswer } from '../support/raw-http.ts'

/** A report of a bulk load that another one follows. Their number depends on time. */
const EARLIER_REPORT = /(?:[0-9a-f]+\n)?\{"read":[^\n]*\}\n+(?=(?:[0-9a-f]+\n)?\{"read":)/g

/** The answer without everything that may differ: date, request id, times of tables, reports before
 * the last one, the port. */
export function comparable(text: string, port: number): string {
  const answers = answersIn(text)
  const told = answers?.map(({ head, body }) => `${head}\n\n${body}`).join('\n\n') ?? text
  return told
    .replace(/\r/g, '')
    .replace(EARLIER_REPORT, '')
    .replace(/^(date|x-openstack-request-id): .*\n?/gim, '')
    .replace(/("creation_date_time": ?)"[^"]*"/g, '$1"<time>"')
    .replaceAll(`:${port}`, ':<port>')
}

/** The error message without names and numbers; undefined for a success. */
export function errorSentence({ status, body }: FinalAnswer): string | undefined {
  if (status < 400) return undefined
  const said = /"message": ?"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body
  const sentence = said
    .replace(/'[^']*'|\\"[^"]*\\"|"[^"]*"/g, "'…'")
    .replace(/ but .+ found/, ' but … found')
    .replace(/-?\d+/g, '#')
  return `${status} ${sentence.slice(0, 200)}`
}
