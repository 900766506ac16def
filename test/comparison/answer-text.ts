import { answersIn, type FinalAnswer } from '../support/raw-http.ts'

/** A report of a bulk load that is followed by another: they come as time passes. */
const EARLIER_REPORT = /(?:[0-9a-f]+\n)?\{"read":[^\n]*\}\n+(?=(?:[0-9a-f]+\n)?\{"read":)/g

/** Without what may differ: date, request id, times of tables, reports under way, the port. */
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

/** What an error says, with names and numbers taken out; undefined of a success. */
export function errorSentence({ status, body }: FinalAnswer): string | undefined {
  if (status < 400) return undefined
  const said = /"message": ?"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body
  const sentence = said
    .replace(/'[^']*'|\\"[^"]*\\"|"[^"]*"/g, "'…'")
    .replace(/ but .+ found/, ' but … found')
    .replace(/-?\d+/g, '#')
  return `${status} ${sentence.slice(0, 200)}`
}
