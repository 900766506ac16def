import { execFile } from 'node:child_process'
import type { Logger } from '../telemetry/logger.ts'

const SECONDS_MAX = 10

/**
 * Notifies systemd if the unit has `Type=notify`, which sets `NOTIFY_SOCKET`. Node.js cannot send
 * datagrams to Unix sockets, so `systemd-notify` does, for which the unit needs `NotifyAccess=all`.
 * Resolves when systemd is notified. Never rejects: errors are logged.
 */
export function tellSystemd(state: 'READY=1' | 'STOPPING=1', log: Logger): Promise<void> {
  if (!process.env.NOTIFY_SOCKET) return Promise.resolve()
  return new Promise((resolve) => {
    execFile('systemd-notify', [state], { timeout: SECONDS_MAX * 1_000 }, (error) => {
      if (error) log.error({ state, reason: error.message.trim() }, 'cannot notify systemd')
      resolve()
    })
  })
}
