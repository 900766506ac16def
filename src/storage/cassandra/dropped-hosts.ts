/**
 * When all nodes are unreachable for a moment, cassandra-driver 4.10.0 replaces its `Host` objects,
 * and the timers and connections of the old ones outlive even `shutdown()`, during which it may
 * create more. These functions end hosts that are dropped or created too late.
 */
import type { Client, Host } from 'cassandra-driver'

export function endDroppedHosts(client: Client): void {
  client.on('hostRemove', endHost)
}

export async function shutDown(client: Client): Promise<void> {
  client.on('hostAdd', endHost)
  await client.shutdown()
  client.hosts.forEach(endHost)
}

function endHost(host: Host): void {
  // An undeclared method. False: for good.
  if ('shutdown' in host && typeof host.shutdown === 'function') host.shutdown(false)
}
