import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RestartableServer } from '../support/restartable-server.ts'
import { installCassandra, type LocalNode, startNode } from './cassandra-local.ts'
import type { PartOptions } from './part.ts'
import { freePort } from './ports.ts'

const HEAP = '600m'

export class CassandraNode extends RestartableServer {
  readonly address: string

  constructor(address: string, start: ConstructorParameters<typeof RestartableServer>[0]) {
    super(start)
    this.address = address
  }
}

/**
 * Starts local nodes of one cluster, one after another. Several nodes have different loopback
 * addresses. The caller kills them.
 */
export async function startCassandraCluster(
  count: number,
  options: PartOptions & Partial<Pick<LocalNode, 'tombstones' | 'heap' | 'forgetful'>>,
) {
  const installation = await installCassandra(options)
  const [nativePort, storagePort] = [await freePort(), await freePort()]
  const addresses = Array.from({ length: count }, (_, i) => `127.0.${count > 1 ? 1 : 0}.${i + 1}`)
  const [seed = ''] = addresses
  const nodes: CassandraNode[] = []
  try {
    for (const address of addresses) {
      const folder = join(options.folder, address)
      await mkdir(folder)
      const { signal: _, folder: __, ...own } = options
      const where = { folder, address, seed, nodes: count, nativePort, storagePort }
      const local = { heap: HEAP, ...own, ...where }
      const start = () => startNode(installation, local, options.signal)
      const node = new CassandraNode(address, start)
      nodes.push(node)
      await node.start()
    }
    return { nodes, port: nativePort } as const
  } catch (error) {
    for (const node of nodes) await node.kill()
    throw error
  }
}
