import type { Config } from '../config/load.ts'
import { DRAIN_SECONDS_MAX } from '../http/connections/server.ts'
import { storageOptions } from '../service/storage-options.ts'
import { openUpkeep, type StorageUpkeep } from '../storage/registry.ts'
import type { Log } from '../telemetry/logger.ts'
import { type BoundSocket, bindSocket, hostPort, StartError } from './bound-socket.ts'
import { firstLook } from './getting-started.ts'
import { Supervisor } from './supervisor.ts'

/** Beyond the workers' own limit, after which they are killed. */
const DRAIN_MARGIN_SECONDS = 5
const UPKEEP_INTERVAL_MS = 60_000

/**
 * The process that starts the others, replaces those that die and ends them in order. It answers
 * no requests itself. SIGTERM and SIGINT drain; the second one ends everything at once. SIGHUP
 * opens the log file anew and reads the policy files, in every process; in a terminal it drains.
 *
 * @returns the exit code, once everything has ended
 * @throws StartError when the service cannot start
 */
export async function runPrimary(config: Config, log: Log): Promise<number> {
  const sockets = await bindSockets(config)
  const upkeep = await openUpkeep(storageOptions(config))
  upkeep.run()
  const timer = setInterval(() => upkeep.run(), UPKEEP_INTERVAL_MS)
  try {
    return await supervise(config, log, sockets, upkeep)
  } finally {
    clearInterval(timer)
    await upkeep.close()
  }
}

interface Sockets {
  readonly socket: BoundSocket
  readonly streamingSocket: BoundSocket | undefined
}

async function bindSockets({ DEFAULT }: Config): Promise<Sockets> {
  const { bind_host, bind_port, streaming_bind_port } = DEFAULT
  const socket = await bindSocket(bind_host, bind_port)
  if (streaming_bind_port === undefined) return { socket, streamingSocket: undefined }
  return { socket, streamingSocket: await bindSocket(bind_host, streaming_bind_port) }
}

function supervise(
  config: Config,
  log: Log,
  sockets: Sockets,
  upkeep: StorageUpkeep,
): Promise<number> {
  const logger = log.named('magnetodb')
  return new Promise<number>((resolve, reject) => {
    const supervisor = new Supervisor({
      config,
      ...sockets,
      log: logger,
      onServing: () => process.stdout.write(announcement(config, sockets)),
      onStartFailed: (reason) => {
        supervisor.kill()
        reject(new StartError(reason))
      },
      onWorkerDeath: () => upkeep.run(),
    })
    let isEnding = false
    function end(signal: NodeJS.Signals): void {
      if (isEnding) {
        supervisor.kill()
        return
      }
      isEnding = true
      logger.info({ signal }, 'draining')
      // From here on nobody waits in vain: who is not accepted by a worker is refused.
      sockets.socket.close()
      sockets.streamingSocket?.close()
      setTimeout(
        () => supervisor.kill(),
        (DRAIN_SECONDS_MAX + DRAIN_MARGIN_SECONDS) * 1_000,
      ).unref()
      supervisor.drain().then((isComplete) => resolve(isComplete ? 0 : 1), reject)
    }
    process.on('SIGTERM', end)
    process.on('SIGINT', end)
    process.on('SIGHUP', (signal) => {
      // The terminal that it runs in was closed: nobody could end it any more.
      if (process.stdout.isTTY) return end(signal)
      log.reopen()
      supervisor.reload()
    })
    supervisor.start()
  })
}

function announcement({ DEFAULT }: Config, { socket, streamingSocket }: Sockets): string {
  const { bind_host, workers, storage_driver, auth_strategy } = DEFAULT
  const url = `http://${hostPort(bind_host, socket.port)}`
  const parts = `${workers} workers, storage ${storage_driver}, auth ${auth_strategy}`
  let listening = `MagnetoDB listens on ${url} (${parts})\n`
  if (streamingSocket) {
    listening += `Bulk loads also on http://${hostPort(bind_host, streamingSocket.port)}\n`
  }
  return auth_strategy === 'noauth' ? `${listening}\n${firstLook(url)}` : listening
}
