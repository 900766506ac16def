import type { Config } from '../config/load.ts'
import type { Logger } from '../telemetry/logger.ts'
import { type BoundSocket, hostPort } from './bound-socket.ts'
import { gettingStarted } from './getting-started.ts'

export interface Sockets {
  readonly socket: BoundSocket
  readonly streamingSocket: BoundSocket | undefined
}

/** Logs that the service answers requests. In a terminal or with noauth, also prints it for a user,
 * unless lines are to be JSON. */
export function announce({ DEFAULT }: Config, sockets: Sockets, log: Logger): void {
  const { bind_host, workers, storage_driver: storage, auth_strategy: auth } = DEFAULT
  const url = `http://${hostPort(bind_host, sockets.socket.port)}`
  const streamingUrl =
    sockets.streamingSocket && `http://${hostPort(bind_host, sockets.streamingSocket.port)}`
  log.info({ workers, storage, auth, bulkLoads: streamingUrl }, `listens on ${url}`)
  const hasReader = process.stdout.isTTY || auth === 'noauth'
  if (!hasReader || DEFAULT.use_json) return
  let told = `MagnetoDB listens on ${url} (${workers} workers, storage ${storage}, auth ${auth})\n`
  if (streamingUrl) told += `Bulk loads also on ${streamingUrl}\n`
  if (auth === 'noauth') told += `\n${gettingStarted(url)}`
  process.stdout.write(told)
}
