import { Agent } from 'node:http'
import { type Exchange, exchange } from './exchange.ts'

/** Without keep-alive. */
const agent = new Agent()

/**
 * Sends one request on a new connection. A kept connection may have been closed by an earlier
 * worker's death.
 */
export async function ask(
  url: string,
  asked: Pick<Exchange, 'method' | 'headers' | 'body'> = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const { status, body: text } = await exchange({ url, ...asked, agent, repeatable: false })
  return { status, text }
}
