/** Keystone in a Python virtual environment, on SQLite, served by gunicorn. */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { HOW_TO_GET_PYTHON, installPackages } from './downloads/python.ts'
import type { PartOptions } from './part.ts'
import { freePort } from './ports.ts'
import { MissingPrerequisite, requireProgram } from './prerequisite.ts'
import { runCommand, startServer } from './processes.ts'
import { sourceFile } from './project.ts'

const PACKAGES = [
  ...['keystone', 'gunicorn', 'requests', 'keystoneauth1'],
  // Tests compare the service with these.
  ...['keystonemiddleware', 'python-memcached'],
]
const MANAGE_LIMIT_MS = 120_000
const START_LIMIT_MS = 120_000
const PYTHON_LIMIT_MS = 20_000

/**
 * Starts an empty Keystone with the default roles, and the user `admin` with this password. Its
 * only endpoint is public and has this path. The API is mounted at the parent of `/v3`.
 */
export async function startLocalKeystone(
  adminPassword: string,
  region: string,
  options: PartOptions,
  path = '/v3',
) {
  const { folder, signal } = options
  const constraints = sourceFile('test/stack/keystone-constraints.txt')
  const python = await installKeystone(constraints, options)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}${path}`
  const config = join(folder, 'keystone.conf')
  await writeFile(config, keystoneConf(folder))
  await writeFile(join(folder, 'gunicorn.conf.py'), gunicornConf(port))
  const program = ['-c', 'from keystone.cmd.manage import main; main()', '--config-file', config]
  const env = { OS_BOOTSTRAP_PASSWORD: adminPassword }
  const how = { cwd: folder, signal, limitMs: MANAGE_LIMIT_MS, env }
  const manage = (...args: string[]) => runCommand(python, [...program, ...args], how)
  const { username, gid } = userInfo()
  // Without being root, only the process's own group can be set. It may differ from the user's.
  const group = String(process.getgid?.() ?? gid)
  const owner = ['--keystone-user', username, '--keystone-group', group]
  await Promise.all([
    manage('db_sync'),
    manage('fernet_setup', ...owner),
    manage('credential_setup', ...owner),
  ])
  await manage('bootstrap', '--bootstrap-public-url', url, '--bootstrap-region-id', region)
  // gunicorn gets no arguments, because Keystone would parse them as its own.
  const start = () =>
    startServer(python, ['-m', 'gunicorn'], {
      ...{ cwd: folder, log: join(folder, 'keystone.log'), signal, port, limitMs: START_LIMIT_MS },
      env: { OS_KEYSTONE_CONFIG_FILES: config, SCRIPT_NAME: path.replace(/\/v3$/, '') },
    })
  const server = await start()
  const version = /^keystone==(.*)$/m.exec(await readFile(constraints, 'utf8'))?.[1] ?? ''
  return {
    ...server,
    version,
    /** The address in the catalog. */
    url,
    /** The interpreter of its virtual environment, which also has packages for tests in Python. */
    python,
    /** Starts the same Keystone again after it was stopped. */
    start,
  }
}

/** Lets the role `ec2_secret_reader` read EC2 secrets, as operators do. Also works while Keystone
 * runs. */
export async function installPolicy(folder: string): Promise<void> {
  const name = 'policy.d/magnetodb.yaml'
  await mkdir(join(folder, 'policy.d'))
  await copyFile(sourceFile(`etc/keystone/${name}`), join(folder, name))
}

/** Returns the environment's interpreter. */
async function installKeystone(constraints: string, options: PartOptions): Promise<string> {
  const { folder: cwd, signal } = options
  const python = requireProgram('python3', HOW_TO_GET_PYTHON)
  const probe = 'import sys, ensurepip, venv; print(sys.executable, sys.version)'
  const asked = { cwd, signal, limitMs: PYTHON_LIMIT_MS }
  const told = await runCommand(python, ['-c', probe], asked).catch((error) => {
    if (signal.aborted) throw error
    throw new MissingPrerequisite(`python3 has no venv module: ${HOW_TO_GET_PYTHON}`)
  })
  const minor = Number(/ 3\.(\d+)/.exec(told)?.[1] ?? 0)
  if (minor < 11) throw new MissingPrerequisite(`python3 is too old: ${HOW_TO_GET_PYTHON}`)
  const ingredients = [await readFile(constraints, 'utf8'), PACKAGES.join(' '), told]
  return installPackages('keystone', ['-c', constraints, ...PACKAGES], options, ingredients)
}

/** Few rounds of bcrypt, because tests log in often, and their passwords protect nothing. */
function keystoneConf(folder: string): string {
  return `[database]
connection = sqlite:///${join(folder, 'keystone.db')}
[token]
provider = fernet
[fernet_tokens]
key_repository = ${join(folder, 'fernet-keys')}
[credential]
key_repository = ${join(folder, 'credential-keys')}
[cache]
enabled = true
backend = dogpile.cache.memory
[identity]
password_hash_rounds = 4
`
}

/** One process: the cache is per process, so a second one would still accept revoked tokens. */
function gunicornConf(port: number): string {
  return `wsgi_app = 'keystone.wsgi.api:application'
bind = '127.0.0.1:${port}'
workers = 1
worker_class = 'gthread'
threads = 8
control_socket_disable = True
`
}
