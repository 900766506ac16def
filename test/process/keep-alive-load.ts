import { Agent, request } from 'node:http'

/** Stands before the failure of a request that was the first one of its connection. */
export const NEW_CONNECTION = 'new connection: '

/**
 * Asks over and over on kept connections, as pooled clients do: a connection that the service has
 * said it closes is not used again. A client ends when the service refuses new connections.
 */
export async function keepAliveLoad(
  url: string,
  clients: number,
  isOver: () => boolean = () => false,
) {
  let answered = 0
  const failures: string[] = []
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!isOver()) {
      const outcome = await askOnce(url, agent)
      if (outcome === 'refused') break
      // In full.
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
