/** DynamoDB Local, with which tests compare the DynamoDB wire. */
import { join } from 'node:path'
import { downloadJars, requireJava } from '../downloads/java.ts'
import type { Part, PartOptions } from '../part.ts'
import { freePort } from '../ports.ts'
import { startServer } from '../processes.ts'
import { sourceFile } from '../project.ts'

const FILES = 'test/stack/dynamodb-local'
const START_LIMIT_MS = 120_000

/** Keeps tables in memory, separately for each access key and region. */
export async function startDynamoDb(options: PartOptions): Promise<Part> {
  const { folder, signal } = options
  const java = await requireJava(options)
  const jars = await downloadJars('dynamodb', sourceFile(`${FILES}/pom.xml`), options)
  const port = await freePort()
  const args = [
    ...['-Xmx256m', '-XX:+UseSerialGC', `-Dsqlite4java.library.path=${jars}`],
    ...['-cp', join(jars, '*'), sourceFile(`${FILES}/LoopbackServer.java`)],
    ...['-inMemory', '-disableTelemetry', '-port', String(port)],
  ]
  const server = await startServer(java, args, {
    ...{ cwd: folder, log: join(folder, 'dynamodb.log'), signal, port, limitMs: START_LIMIT_MS },
  })
  return {
    note: 'DynamoDB Local: local process',
    environment: { MAGNETODB_TEST_DYNAMODB: `http://127.0.0.1:${port}` },
    stop: () => server.stop(),
  }
}
