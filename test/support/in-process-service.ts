import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load.ts'
import { createService } from '../../src/service/service.ts'
import { openLog } from '../../src/telemetry/logger.ts'
import { TemporaryFolder } from './temporary-folder.ts'

export type InProcessService = Awaited<ReturnType<typeof startService>>

export const TOKEN = 'X-Auth-Token: user:p1'
export const THREAD_TABLE = JSON.stringify({
  table_name: 'thread',
  attribute_definitions: [{ attribute_name: 'forum', attribute_type: 'S' }],
  key_schema: [{ attribute_name: 'forum', key_type: 'HASH' }],
})

/** Starts the service in this process, with noauth and the memory driver, on a free port. */
export async function startService(extraOptions = '') {
  const folder = new TemporaryFolder('http')
  const options = `auth_strategy = noauth\nstorage_driver = memory\n${extraOptions}`
  const configFile = folder.write('magnetodb.conf', `[DEFAULT]\n${options}`)
  const logFile = join(folder.path, 'log')
  const log = openLog({ debug: true, useJson: false, logFile })
  const service = await createService(loadConfig([configFile]), log)
  const { port } = await service.listen({ host: '127.0.0.1', port: 0 })
  const streaming = await service.listenStreaming({ host: '127.0.0.1', port: 0 })
  return {
    port,
    /** Serves bulk loads only. */
    streamingPort: streaming.port,
    /** Resolves with whether every request was answered. */
    drain: () => service.drain(),
    /** The text of the log so far. */
    logText: () => readFileSync(logFile, 'utf8'),
    async close() {
      await service.close()
      await log.close()
      folder.remove()
    },
  }
}
