export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * One request on a connection of its own: no worker's death before it can have ended that, as it
 * can a kept one.
 */
export async function ask(url: string, { headers, ...rest }: Asked = {}) {
  const answer = await fetch(url, { ...rest, headers: { ...headers, Connection: 'close' } })
  return { status: answer.status, head: [...answer.headers], text: await answer.text() }
}
