/**
 * If all nodes are unreachable for a moment, cassandra-driver 4.10.0 replaces its `Host` objects.
 * The timers and connections of the old ones outlive even `shutdown()`, which may create more
 * hosts while it runs. These functions end hosts that were replaced or created too late.
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
  // Not in the type declarations. False: without waiting for pending requests.
  if ('shutdown' in host && typeof host.shutdown === 'function') host.shutdown(false)
}
