/** The final answers in what a server has sent; undefined while the last one is not all there. */
export function answersIn(text: string): readonly ReadAnswer[] | undefined {
  const answers: ReadAnswer[] = []
  for (let at = 0; at < text.length || answers.length === 0; ) {
    const end = text.indexOf('\r\n\r\n', at)
    if (end < 0) return undefined
    const head = text.slice(at, end)
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0)
    const framed = bodyAt(text, end + 4, head, status)
    if (framed === undefined) return undefined
    at = framed.end
    if (status !== 100) answers.push({ status, head, body: framed.body })
  }
  return answers
}

export interface ReadAnswer {
  readonly status: number
  /** The status line and the headers. */
  readonly head: string
  /** Without chunks. */
  readonly body: string
}

interface Framed {
  readonly body: string
  readonly end: number
}

/** Undefined if it is not all there. */
function bodyAt(text: string, at: number, head: string, status: number): Framed | undefined {
  if (status === 100 || status === 204) return { body: '', end: at }
  if (/^transfer-encoding: chunked$/im.test(head)) return unchunked(text, at)
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? text.length - at)
  return text.length < at + length
    ? undefined
    : { body: text.slice(at, at + length), end: at + length }
}

function unchunked(text: string, start: number): Framed | undefined {
  let body = ''
  for (let at = start; ; ) {
    const line = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, line), 16)
    if (line < 0 || Number.isNaN(size) || text.length < line + 4 + size) return undefined
    body += text.slice(line + 2, line + 2 + size)
    at = line + 4 + size
    if (size === 0) return { body, end: at }
  }
}

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
export function errorSentence({ status, body }: ReadAnswer): string | undefined {
  if (status < 400) return undefined
  const said = /"message": ?"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? body
  const sentence = said
    .replace(/'[^']*'|\\"[^"]*\\"|"[^"]*"/g, "'…'")
    .replace(/ but .+ found/, ' but … found')
    .replace(/-?\d+/g, '#')
  return `${status} ${sentence.slice(0, 200)}`
}
