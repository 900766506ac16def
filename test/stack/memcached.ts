import { join } from 'node:path'
import { tryContainer } from './containers.ts'
import { MEMCACHED_HANDSHAKE } from './handshake.ts'
import type { Part, PartOptions } from './part.ts'
import { freePort } from './ports.ts'
import { findProgram, MissingPrerequisite } from './prerequisite.ts'
import { runCommand, startServer } from './processes.ts'

const IMAGE = 'memcached:1.6'
const VARIABLE = 'MAGNETODB_TEST_MEMCACHED'
const MEMCACHED_PORT = 11_211
const START_LIMIT_MS = 10_000
const INSTALL_LIMIT_MS = 180_000

export async function startMemcached(options: PartOptions): Promise<Part> {
  const choice = await tryContainer({
    ...{ name: 'memcached', image: IMAGE, variable: VARIABLE, port: MEMCACHED_PORT },
    ...{ handshake: MEMCACHED_HANDSHAKE, limitMs: START_LIMIT_MS, signal: options.signal },
  })
  if ('part' in choice) return choice.part
  const found = findProgram('memcached')
  const program = found ?? (await installMemcached(options))
  const port = await freePort()
  const server = await startServer(program, memcachedArguments(port), {
    ...{ cwd: options.folder, log: join(options.folder, 'memcached.log') },
    ...{ signal: options.signal, port, limitMs: START_LIMIT_MS },
  })
  const origin = found ? choice.reason : `${choice.reason}; installed with apt-get`
  return {
    note: `memcached: local process (${origin})`,
    environment: { [VARIABLE]: `127.0.0.1:${port}` },
    stop: () => server.stop(),
  }
}

export function memcachedArguments(port: number): readonly string[] {
  const user = process.getuid?.() === 0 ? ['-u', 'root'] : []
  return ['-l', '127.0.0.1', '-p', String(port), '-U', '0', ...user]
}

/** Installs the package if run as root on a Debian-like system. Otherwise the error says how to. */
async function installMemcached(options: PartOptions): Promise<string> {
  const apt = findProgram('apt-get')
  if (apt !== undefined && process.getuid?.() === 0) {
    const how = {
      cwd: options.folder,
      signal: options.signal,
      limitMs: INSTALL_LIMIT_MS,
      // The run level prevents the package from starting a server.
      env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
    }
    await runCommand(apt, ['update', '-q'], how)
    await runCommand(apt, ['install', '-q', '-y', '--no-install-recommends', 'memcached'], how)
    const installed = findProgram('memcached')
    if (installed !== undefined) return installed
  }
  throw new MissingPrerequisite(
    'memcached is missing: install it (Debian and Ubuntu: apt-get install memcached) or run Docker',
  )
}
