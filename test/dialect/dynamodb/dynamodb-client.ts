import { ask, type RawAnswer } from '../../support/raw-http.ts'

/** An Authorization header without Keystone, in which the access key names the project. */
export function signedBy(accessKey: string): string {
  const scope = '20261129/us-east-1/dynamodb/aws4_request'
  return (
    `Authorization: AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, ` +
    'SignedHeaders=host;x-amz-date;x-amz-target, Signature=0123abcd'
  )
}

/** Sends one request on its own connection. */
export function send(
  port: number,
  operation: string,
  body: unknown,
  headers: readonly string[] = [signedBy('p1')],
): Promise<RawAnswer> {
  return ask(port, {
    method: 'POST',
    target: '/',
    headers: [`X-Amz-Target: DynamoDB_20120810.${operation}`, ...headers],
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

/** The response's JSON. Rejects unless the status is 200. */
export async function call(port: number, operation: string, body: unknown) {
  const answer = await send(port, operation, body)
  if (answer.status !== 200) throw new Error(`${operation}: ${answer.status} ${answer.body}`)
  return JSON.parse(answer.body)
}

/** The type and the message of a refusal, as `Type: message`. */
export async function refusalOf(port: number, operation: string, body: unknown): Promise<string> {
  const answer = await send(port, operation, body)
  const { __type = '200#none', message } = JSON.parse(answer.body)
  return `${__type.split('#')[1]}: ${message}`
}
