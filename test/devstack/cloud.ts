/** Keystone as devstack configures it, and memcached, for test/devstack/run. Prints shell
 * assignments with their addresses, the Python that has devstack's own tools, and free ports, then
 * DONE. Runs until its standard input ends. */
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { installPackages } from '../stack/downloads/python.ts'
import { REGION } from '../stack/keystone.ts'
import { randomPassword } from '../stack/keystone-admin.ts'
import { startLocalKeystone } from '../stack/keystone-local.ts'
import { startMemcached } from '../stack/memcached.ts'
import { freePort } from '../stack/ports.ts'

/** Packages that devstack installs: the client, and the reader of bindep.txt. */
const PACKAGES = ['python-openstackclient==10.5.0', 'bindep==2.14.0']
const PORTS = [
  ...['MAGNETODB_SERVICE_PORT', 'MAGNETODB_SERVICE_PORT_INT'],
  ...['MAGNETODB_STREAMING_PORT', 'MAGNETODB_STREAMING_PORT_INT'],
  ...['MAGNETODB_CASSANDRA_PORT', 'KEYSTONE_TLS_PORT'],
]

const [, , scratch] = process.argv
if (scratch === undefined) throw new Error('usage: cloud.js FOLDER')
const { signal } = new AbortController()

async function folderOf(part: string): Promise<string> {
  const folder = join(scratch ?? '', part)
  await mkdir(folder, { recursive: true })
  return folder
}

const client = await installPackages('openstackclient', PACKAGES, { folder: scratch, signal })
const password = randomPassword()
const options = { folder: await folderOf('keystone'), signal }
const keystone = await startLocalKeystone(password, REGION, options, '/identity')
const memcached = await startMemcached({ folder: await folderOf('memcached'), signal })
const variables: Record<string, string> = {
  ADMIN_PASSWORD: password,
  KEYSTONE_CONF_DIR: options.folder,
  KEYSTONE_ADDRESS: new URL(keystone.url).host,
  MEMCACHE_SERVERS: memcached.environment.MAGNETODB_TEST_MEMCACHED ?? '',
  KEYSTONE_PYTHON: keystone.python,
  CLIENT_PYTHON: client,
}
for (const name of PORTS) variables[name] = String(await freePort())
const assignments = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`)
process.stdout.write(`${assignments.join('')}DONE\n`)
await once(process.stdin.resume(), 'end')
await Promise.all([keystone.stop(), memcached.stop()])
