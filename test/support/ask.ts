import { type Exchange, exchange } from './exchange.ts'

export type Asked = Pick<Exchange, 'method' | 'headers' | 'body'>

/**
 * Sends one request on a new connection. A kept connection may have been closed by an earlier
 * worker's death.
 */
export async function ask(url: string, asked: Asked = {}) {
  const { status, headers, body } = await exchange({ url, ...asked })
  return { status, headers, text: body }
}
