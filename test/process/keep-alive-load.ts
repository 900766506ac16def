import { Agent, request } from 'node:http'

/** Prefix of a failure of the first request on a connection. */
export const NEW_CONNECTION = 'new connection: '

export interface Load {
  /** Number of complete answers. */
  readonly answered: number
  readonly failures: readonly string[]
}

/** Sends requests on keep-alive connections, as clients with a pool do: they do not reuse a
 * connection that the service has announced to close. A client ends when the service refuses new
 * connections. */
export async function keepAliveLoad(
  url: string,
  clients: number,
  isOver: () => boolean = () => false,
): Promise<Load> {
  let answered = 0
  const failures: string[] = []
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!isOver()) {
      const outcome = await askOnce(url, agent)
      if (outcome === 'refused') break
      if (outcome === 'answered') answered++
      else failures.push(outcome)
    }
    agent.destroy()
  }
  await Promise.all(Array.from({ length: clients }, client))
  return { answered, failures }
}

function askOnce(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const asking = request(`${url}/healthcheck?fullcheck=1`, { agent }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode === 200 ? 'answered' : 'bad status'))
      answer.on('error', (error) => resolve(error.message))
    })
    asking.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') resolve('refused')
      else resolve(asking.reusedSocket ? error.message : `${NEW_CONNECTION}${error.message}`)
    })
    asking.end()
  })
}
