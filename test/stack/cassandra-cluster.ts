import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CassandraInstallation,
  installCassandra,
  type LocalNode,
  startNode,
} from './cassandra-local.ts'
import type { PartOptions } from './part.ts'
import { freePort } from './ports.ts'
import { type Server, signalGroup } from './processes.ts'

const HEAP = '600m'

/** A node that can be killed, stopped and started again. */
export class CassandraNode {
  readonly #installation: CassandraInstallation
  readonly #node: LocalNode
  readonly #signal: AbortSignal
  #server: Server | undefined

  constructor(installation: CassandraInstallation, node: LocalNode, signal: AbortSignal) {
    this.#installation = installation
    this.#node = node
    this.#signal = signal
  }

  get address(): string {
    return this.#node.address
  }

  /** Resolves when the node serves clients. */
  async start(): Promise<void> {
    this.#server = await startNode(this.#installation, this.#node, this.#signal)
  }

  /** Sends SIGKILL. Resolves when the process has ended. */
  async kill(): Promise<void> {
    await this.#server?.stop()
    this.#server = undefined
  }

  /** Sends SIGSTOP: the node keeps its connections, but does not answer. */
  pause(): void {
    signalGroup(this.#server?.pid, 'SIGSTOP')
  }

  resume(): void {
    signalGroup(this.#server?.pid, 'SIGCONT')
  }
}

export type CassandraCluster = {
  readonly nodes: readonly CassandraNode[]
  /** The same for all nodes. */
  readonly port: number
}

/**
 * Starts local nodes of one cluster, one after another. Several nodes have different loopback
 * addresses. The caller kills them.
 */
export async function startCassandraCluster(
  count: number,
  options: PartOptions & Partial<Pick<LocalNode, 'tombstones' | 'heap' | 'forgetful'>>,
): Promise<CassandraCluster> {
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
      const node = new CassandraNode(installation, local, options.signal)
      nodes.push(node)
      await node.start()
    }
    return { nodes, port: nativePort }
  } catch (error) {
    for (const node of nodes) await node.kill()
    throw error
  }
}
