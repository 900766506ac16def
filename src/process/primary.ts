import type { Config } from '../config/load.ts'
import { DRAIN_SECONDS_MAX } from '../http/connections/server.ts'
import { PolicyLoader } from '../policy/policy-loader.ts'
import { policyOptions } from '../service/policy-options.ts'
import { storageOptions } from '../service/storage-options.ts'
import { openUpkeep, type StorageUpkeep } from '../storage/registry.ts'
import type { Log } from '../telemetry/logger.ts'
import { announce, type Sockets } from './announcement.ts'
import { bindSocket, StartError } from './bound-socket.ts'
import { configReloader } from './config-reloader.ts'
import { packageFile } from './package-file.ts'
import { tellSystemd } from './readiness.ts'
import { DRAIN_SIGNALS } from './signals.ts'
import { Supervisor } from './supervisor.ts'

/** Seconds after the workers' time limit for draining, at which they are killed. */
const DRAIN_MARGIN_SECONDS = 5
const UPKEEP_INTERVAL_MS = 60_000

export interface PrimaryParts {
  readonly config: Config
  /** @throws ConfigError */
  readonly readConfig: () => Config
  readonly log: Log
}

/**
 * The process that starts the workers, replaces dead ones and drains them. It answers no requests,
 * and logs messages that are not about a single worker. `DRAIN_SIGNALS` start a drain; a second
 * signal kills. On SIGHUP every process reopens the log file and re-reads policy files and mutable
 * options; in a terminal, SIGHUP starts a drain.
 *
 * @returns the exit code, once everything has ended
 * @throws StartError or PolicyError if the service cannot start
 */
export async function runPrimary(parts: PrimaryParts): Promise<number> {
  const { config, log } = parts
  logStart(config, log)
  const sockets = await bindSockets(config)
  const policy = await PolicyLoader.open(policyOptions(config), log.named('magnetodb.policy'))
  const upkeep = await openUpkeep(storageOptions(config))
  upkeep.run()
  const timer = setInterval(() => upkeep.run(), UPKEEP_INTERVAL_MS)
  try {
    return await supervise(parts, sockets, policy, upkeep)
  } finally {
    clearInterval(timer)
    policy.close()
    await upkeep.close()
  }
}

function logStart({ configFiles, warnings }: Config, log: Log): void {
  const files = configFiles.join(', ') || 'none'
  log.named('magnetodb').info({ version: packageFile().version, configFiles: files }, 'starting')
  for (const warning of warnings) log.named('magnetodb.config').warn({}, warning)
}

async function bindSockets({ DEFAULT }: Config): Promise<Sockets> {
  const { bind_host, bind_port, streaming_bind_port } = DEFAULT
  const socket = await bindSocket(bind_host, bind_port)
  if (streaming_bind_port === undefined) return { socket, streamingSocket: undefined }
  return { socket, streamingSocket: await bindSocket(bind_host, streaming_bind_port) }
}

function supervise(
  { config, readConfig, log }: PrimaryParts,
  sockets: Sockets,
  policy: PolicyLoader,
  upkeep: StorageUpkeep,
): Promise<number> {
  const logger = log.named('magnetodb')
  const reload = configReloader(config, readConfig, log.named('magnetodb.config'))
  return new Promise<number>((resolve, reject) => {
    const supervisor = new Supervisor({
      config,
      ...sockets,
      log: logger,
      onServing: () => {
        announce(config, sockets, logger)
        void tellSystemd('READY=1', logger)
      },
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
      // From now on connections that no worker has accepted are refused instead of waiting.
      sockets.socket.close()
      sockets.streamingSocket?.close()
      setTimeout(
        () => supervisor.kill(),
        (DRAIN_SECONDS_MAX + DRAIN_MARGIN_SECONDS) * 1_000,
      ).unref()
      const told = tellSystemd('STOPPING=1', logger)
      supervisor.drain().then(async (isComplete) => {
        await told
        resolve(isComplete ? 0 : 1)
      }, reject)
    }
    for (const signal of DRAIN_SIGNALS) process.on(signal, end)
    process.on('SIGHUP', (signal) => {
      // The terminal was closed, so nobody could stop the service any more.
      if (process.stdout.isTTY) return end(signal)
      log.reopen()
      const changed = reload()
      log.setDebug(changed.DEFAULT.debug)
      void policy.reload()
      supervisor.reload(changed)
    })
    supervisor.start()
  })
}
