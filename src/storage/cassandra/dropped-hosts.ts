/**
 * When every node was unreachable for a moment, cassandra-driver 4.10.0 makes new `Host` objects
 * and drops the old ones, whose timers and connections then outlive even `shutdown()`; and it may
 * still make some afterwards. Here they are ended as they are dropped or made too late.
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
  // Not among the declared methods; false: for good.
  if ('shutdown' in host && typeof host.shutdown === 'function') host.shutdown(false)
}
