import cluster from 'node:cluster'
import type { Config } from '../config/load.ts'
import { logOptions } from '../service/log-options.ts'
import { createService, type ListenTarget, type Service } from '../service/service.ts'
import { type Log, openLog } from '../telemetry/logger.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { WORKER_DRAIN_SIGNALS } from './signals.ts'

/** A process that answers requests until the primary or one of `WORKER_DRAIN_SIGNALS` drains it. It
 * ends at once if the primary dies. */
export function runWorker(): void {
  let worker: Promise<Worker> | undefined
  let draining = false
  let streaming: ListenTarget | undefined

  async function drain(): Promise<void> {
    if (draining) return
    draining = true
    const isComplete = (await (await worker)?.drain()) ?? true
    process.exit(isComplete ? 0 : 1)
  }

  process.on('message', (message: ToWorker, handle: ListenTarget) => {
    switch (message.type) {
      case 'streaming_socket':
        streaming = handle
        break
      case 'serve':
        worker = startWorker(message.config, { data: handle, streaming })
        break
      case 'reload':
        void worker?.then((started) => started.reload(message.config))
        break
      case 'look_for_jobs':
        void worker?.then((started) => started.lookForJobs())
        break
      case 'drain':
        void drain()
    }
  })
  for (const signal of WORKER_DRAIN_SIGNALS) process.on(signal, () => void drain())
  // Runs before the handler of `cluster`, which calls `process.exit`.
  process.prependListener('disconnect', endAtOnce)
  tell({ type: 'loaded' })
}

interface Worker {
  lookForJobs(): void
  /** @returns whether every request was answered */
  drain(): Promise<boolean>
  /** Reopens the log file, applies mutable options, and re-reads the policy files. */
  reload(config: Config): void
}

interface Targets {
  readonly data: ListenTarget
  readonly streaming: ListenTarget | undefined
}

async function startWorker(config: Config, targets: Targets): Promise<Worker> {
  let log: Log
  let service: Service
  try {
    log = openLog(logOptions(config))
    endOnUnhandledError(log)
    service = await createService(config, log, () => tell({ type: 'job_added' }))
    await service.listen(targets.data)
    if (targets.streaming) await service.listenStreaming(targets.streaming)
  } catch (error) {
    return fail(error)
  }
  tell({ type: 'serving' })
  return {
    lookForJobs: () => service.lookForJobs(),
    reload(changed) {
      log.reopen()
      log.setDebug(changed.DEFAULT.debug)
      void service.reload(changed)
    },
    async drain() {
      const isComplete = await service.drain()
      if (!isComplete) log.named('magnetodb').warn({}, 'requests were cut off after the drain')
      await service.close()
      await log.close()
      return isComplete
    },
  }
}

function endOnUnhandledError(log: Log): void {
  process.on('uncaughtException', (error) => {
    log.named('magnetodb').error({ error }, 'a worker ends after an unhandled error')
    void log.close().finally(endAtOnce)
  })
}

/** While work is in progress, `process.exit` may never return: it waits for LMDB's writing thread,
 * which holds the write lock of all processes and waits for a callback in this one (lmdb 3.5.6). */
function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL')
}

/** Reports the reason to the primary, then ends, even if jobs are in progress. */
function fail(error: unknown): Promise<never> {
  const reason = error instanceof Error ? error.message : String(error)
  tell({ type: 'failed', reason }, endAtOnce)
  return new Promise(() => {})
}

function tell(message: FromWorker, sent?: () => void): void {
  cluster.worker?.send(message, sent)
}
