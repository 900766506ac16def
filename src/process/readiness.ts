import { execFile } from 'node:child_process'
import type { Logger } from '../telemetry/logger.ts'

const SECONDS_MAX = 10

/**
 * Tells systemd of a change of the service, where the unit has `Type=notify`: only then there is
 * `NOTIFY_SOCKET`. Node.js has no datagrams on Unix sockets, so systemd's own program sends it; the
 * unit needs `NotifyAccess=all` for that. Resolves when systemd has it. Never rejects: the log says
 * what went wrong.
 */
export function tellSystemd(state: 'READY=1' | 'STOPPING=1', log: Logger): Promise<void> {
  if (!process.env.NOTIFY_SOCKET) return Promise.resolve()
  return new Promise((resolve) => {
    execFile('systemd-notify', [state], { timeout: SECONDS_MAX * 1_000 }, (error) => {
      if (error) log.error({ state, reason: error.message.trim() }, 'systemd was not told')
      resolve()
    })
  })
}
