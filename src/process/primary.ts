import type { Config } from '../config/load.ts'
import { DRAIN_SECONDS_MAX } from '../http/server.ts'
import { openUpkeep, type StorageUpkeep } from '../storage/registry.ts'
import { storageOptions } from '../storage-options.ts'
import type { Log } from '../telemetry/logger.ts'
import { type BoundSocket, bindSocket, hostPort, StartError } from './bound-socket.ts'
import { firstLook } from './first-look.ts'
import { Supervisor } from './supervisor.ts'

/** Beyond the workers' own limit, after which they are killed. */
const DRAIN_MARGIN_SECONDS = 5
const UPKEEP_INTERVAL_MS = 60_000

/**
 * The process that starts the others, replaces those that die and ends them in order. It answers
 * no requests itself. SIGTERM and SIGINT drain; the second one ends everything at once. SIGHUP
 * opens the log file anew, in every process.
 *
 * @returns the exit code, once everything has ended
 * @throws StartError when the service cannot start
 */
export async function runPrimary(config: Config, log: Log): Promise<number> {
  const socket = await bindSocket(config.DEFAULT.bind_host, config.DEFAULT.bind_port)
  const upkeep = await openUpkeep(storageOptions(config))
  upkeep.run()
  const timer = setInterval(() => upkeep.run(), UPKEEP_INTERVAL_MS)
  try {
    return await supervise(config, log, socket, upkeep)
  } finally {
    clearInterval(timer)
    await upkeep.close()
  }
}

function supervise(
  config: Config,
  log: Log,
  socket: BoundSocket,
  upkeep: StorageUpkeep,
): Promise<number> {
  const logger = log.named('magnetodb')
  return new Promise<number>((resolve, reject) => {
    const supervisor = new Supervisor({
      config,
      socket,
      log: logger,
      onServing: () => process.stdout.write(announcement(config, socket)),
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
      socket.close()
      setTimeout(
        () => supervisor.kill(),
        (DRAIN_SECONDS_MAX + DRAIN_MARGIN_SECONDS) * 1_000,
      ).unref()
      supervisor.drain().then((isComplete) => resolve(isComplete ? 0 : 1), reject)
    }
    process.on('SIGTERM', end)
    process.on('SIGINT', end)
    // Kept for reloading; without a listener it would end the process.
    process.on('SIGHUP', () => {})
    // Without a file it stays what ends the processes of a terminal that is closed.
    if (config.DEFAULT.log_file !== undefined) {
      process.on('SIGHUP', () => {
        log.reopen()
        supervisor.reopenLogs()
      })
    }
    supervisor.start()
  })
}

function announcement({ DEFAULT }: Config, { port }: BoundSocket): string {
  const { bind_host, workers, storage_driver, auth_strategy } = DEFAULT
  const url = `http://${hostPort(bind_host, port)}`
  const parts = `${workers} workers, storage ${storage_driver}, auth ${auth_strategy}`
  const listening = `MagnetoDB listens on ${url} (${parts})\n`
  return auth_strategy === 'noauth' ? `${listening}\n${firstLook(url)}` : listening
}
