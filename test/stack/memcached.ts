import { join } from 'node:path'
import { startInContainer } from './containers.ts'
import { MEMCACHED_HANDSHAKE } from './handshake.ts'
import type { Part, PartOptions } from './part.ts'
import { freePort } from './ports.ts'
import { findProgram, MissingPrerequisite } from './prerequisite.ts'
import { runCommand, type Server, startServer } from './processes.ts'

const MEMCACHED_PORT = 11_211
const START_LIMIT_MS = 60_000
const INSTALL_LIMIT_MS = 180_000

export function startMemcached(options: PartOptions): Promise<Part> {
  const { signal } = options
  const server = {
    ...{ name: 'memcached', image: 'memcached:1.6', variable: 'MAGNETODB_TEST_MEMCACHED' },
    ...{ port: MEMCACHED_PORT, handshake: MEMCACHED_HANDSHAKE, limitMs: START_LIMIT_MS, signal },
  }
  return startInContainer(server, async () => {
    const found = findProgram('memcached')
    const program = found ?? (await installMemcached(options))
    const port = await freePort()
    const { stop } = await startLocalMemcached(program, port, options)
    return { name: found ? 'memcached' : 'memcached, from apt-get', port, stop }
  })
}

export function startLocalMemcached(
  program: string,
  port: number,
  { folder, signal }: PartOptions,
  more: readonly string[] = [],
): Promise<Server> {
  const user = process.getuid?.() === 0 ? ['-u', 'root'] : []
  return startServer(
    program,
    ['-l', '127.0.0.1', '-p', String(port), '-U', '0', ...user, ...more],
    {
      ...{ cwd: folder, log: join(folder, 'memcached.log'), signal, limitMs: START_LIMIT_MS },
      ...{ port, handshake: MEMCACHED_HANDSHAKE },
    },
  )
}

/** Installs the package if run as root on a Debian-like system. Otherwise the error says how to. */
async function installMemcached({ folder: cwd, signal }: PartOptions): Promise<string> {
  const apt = findProgram('apt-get')
  if (apt !== undefined && process.getuid?.() === 0) {
    // The run level prevents the package from starting a server.
    const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
    const how = { cwd, signal, limitMs: INSTALL_LIMIT_MS, env }
    await runCommand(apt, ['update', '-q'], how)
    await runCommand(apt, ['install', '-q', '-y', '--no-install-recommends', 'memcached'], how)
    const installed = findProgram('memcached')
    if (installed !== undefined) return installed
  }
  throw new MissingPrerequisite(
    'memcached is missing: install it (Debian and Ubuntu: apt-get install memcached) or run Docker',
  )
}
