import { join } from 'node:path'
import type { Part, PartOptions } from '../part.ts'
import { requireProgram } from '../prerequisite.ts'
import { runCommand } from '../processes.ts'
import { cached } from './download-cache.ts'

/** Clients of DynamoDB's API. Their dependencies conflict with Keystone's. */
const PACKAGES = ['boto3==1.44.8', 'pynamodb==6.1.0', 'awscli==1.46.3']
const INSTALL_LIMIT_MS = 300_000

/** Installs the clients in a Python virtual environment. */
export async function startDynamodbClients({ folder: cwd, signal }: PartOptions): Promise<Part> {
  const system = requireProgram('python3', 'install Python 3.11 or newer')
  const environment = await cached('dynamodb-clients', PACKAGES, async (folder) => {
    const how = { cwd, signal, limitMs: INSTALL_LIMIT_MS }
    await runCommand(system, ['-m', 'venv', folder], how)
    const pip = ['-m', 'pip', 'install', '-q', '--disable-pip-version-check']
    await runCommand(join(folder, 'bin/python'), [...pip, ...PACKAGES], how)
  })
  return {
    note: `clients of DynamoDB: ${PACKAGES.join(', ')}`,
    environment: { MAGNETODB_TEST_DYNAMODB_PYTHON: join(environment, 'bin/python') },
    stop: async () => {},
  }
}
