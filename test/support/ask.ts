import { Agent } from 'node:http'
import { type Exchange, exchange } from './exchange.ts'

/** Keeps no connection. */
const agent = new Agent()

/**
 * One request on a connection of its own: no worker's death before it can have ended that, as it
 * can a kept one.
 */
export async function ask(
  url: string,
  asked: Pick<Exchange, 'method' | 'headers' | 'body'> = {},
): Promise<{ readonly status: number; readonly text: string }> {
  const { status, body: text } = await exchange({ url, ...asked, agent, repeatable: false })
  return { status, text }
}
