import cluster from 'node:cluster'
import type { Config } from '../config/load.ts'
import { createService, type ListenTarget, type Service } from '../service.ts'
import { openLog } from '../telemetry/logger.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/**
 * One process that answers requests, until its primary or a SIGTERM has it drain. When the primary
 * is gone, `cluster` ends it.
 */
export function runWorker(): void {
  let worker: Promise<Worker> | undefined
  let draining = false

  async function drain(): Promise<void> {
    if (draining) return
    draining = true
    const isComplete = (await (await worker)?.drain()) ?? true
    process.exit(isComplete ? 0 : 1)
  }

  process.on('message', (message: ToWorker, handle: ListenTarget) => {
    if (message.type === 'serve') worker = startWorker(message.config, handle)
    else void drain()
  })
  process.on('SIGTERM', () => void drain())
  // Ctrl-C reaches every process of a terminal; the primary says what is to be done.
  process.on('SIGINT', () => {})
  tell({ type: 'loaded' })
}

interface Worker {
  /** @returns whether every request was answered */
  drain(): Promise<boolean>
}

async function startWorker(config: Config, handle: ListenTarget): Promise<Worker> {
  const log = openLog(logOptions(config))
  process.on('uncaughtException', (error) => {
    log.named('magnetodb').error({ error }, 'a worker ends for an error that nobody handled')
    process.exit(1)
  })
  let service: Service
  try {
    service = await createService(config, log)
    await service.listen(handle)
  } catch (error) {
    return fail(error)
  }
  tell({ type: 'serving' })
  return {
    async drain() {
      const isComplete = await service.drain()
      if (!isComplete) log.named('magnetodb').warn({}, 'requests were cut off at the end')
      await service.close()
      await log.close()
      return isComplete
    },
  }
}

export function logOptions({ DEFAULT: { debug, use_json, log_file } }: Config) {
  return { debug, useJson: use_json, logFile: log_file }
}

/** Ends the process once the primary knows why. */
function fail(error: unknown): Promise<never> {
  const reason = error instanceof Error ? error.message : String(error)
  tell({ type: 'failed', reason }, () => process.exit(1))
  return new Promise(() => {})
}

function tell(message: FromWorker, sent?: () => void): void {
  cluster.worker?.send(message, sent)
}
