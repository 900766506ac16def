import type { Client, Host } from 'cassandra-driver'

/**
 * When every node was unreachable for a moment, cassandra-driver 4.10.0 makes new `Host` objects
 * and drops the old ones, whose timers and connections then outlive even `shutdown()`. This ends
 * them as they are dropped.
 */
export function endDroppedHosts(client: Client): void {
  client.on('hostRemove', (host: Host) => {
    // Not among the declared methods; true: what is under way may end.
    if ('shutdown' in host && typeof host.shutdown === 'function') {
      host.shutdown(true)
    }
  })
}
