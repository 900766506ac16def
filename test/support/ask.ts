import { Agent } from 'node:http'
import { type Exchange, exchange } from './exchange.ts'

export type Asked = Pick<Exchange, 'method' | 'headers' | 'body'>

/** Keeps no connection. */
const agent = new Agent()

/**
 * One request on a connection of its own: no worker's death before it can have ended that, as it
 * can a kept one.
 */
export async function ask(url: string, asked: Asked = {}) {
  const { status, headers, body } = await exchange({ url, ...asked, agent, repeatable: false })
  return { status, headers, text: body }
}
