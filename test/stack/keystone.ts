/**
 * Keystone always runs as a local process, because there is no official image.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KeystoneAdmin, randomPassword } from './keystone-admin.ts'
import { KeystoneClient } from './keystone-client.ts'
import { installPolicy, startLocalKeystone } from './keystone-local.ts'
import type { KeystoneData, ProjectFixture } from './keystone-stack.ts'
import type { Part, PartOptions } from './part.ts'

export const REGION = 'RegionOne'
const PRIVATE_FILE_MODE = 0o600

export async function startKeystone(options: PartOptions): Promise<Part> {
  const password = randomPassword()
  const keystone = await startLocalKeystone(password, REGION, options)
  try {
    await installPolicy(options.folder)
    const data = await createFixtures(keystone.url, password)
    const file = join(options.folder, 'keystone-fixtures.json')
    await writeFile(file, JSON.stringify(data), { mode: PRIVATE_FILE_MODE })
    return {
      note: `keystone ${keystone.version}: local process (there is no official image)`,
      environment: { MAGNETODB_TEST_KEYSTONE: file, MAGNETODB_TEST_PYTHON: keystone.python },
      stop: () => keystone.stop(),
    }
  } catch (error) {
    await keystone.stop()
    throw error
  }
}

/** Creates the projects and users in an empty Keystone. */
export async function createFixtures(url: string, adminPassword: string): Promise<KeystoneData> {
  const admin = await findAdmin(url, adminPassword)
  const keystone = new KeystoneAdmin({ url, region: REGION, admin })
  const serviceProject = await keystone.createProject('service')
  const service = await keystone.createUser('magnetodb', serviceProject, ['service'])
  const secretRoles = ['service', 'ec2_secret_reader']
  const secretReader = await keystone.createUser('secret-reader', serviceProject, secretRoles)
  const alpha = await createProjectFixture(keystone, 'alpha')
  const beta = await createProjectFixture(keystone, 'beta')
  return { url, region: REGION, admin, service, secretReader, projects: { alpha, beta } }
}

async function createProjectFixture(
  keystone: KeystoneAdmin,
  name: string,
): Promise<ProjectFixture> {
  const id = await keystone.createProject(name)
  const user = (role: string) => keystone.createUser(`${name}-${role}`, id, [role])
  const [reader, member, admin] = await Promise.all([user('reader'), user('member'), user('admin')])
  return { id, name, users: { reader, member, admin } }
}

/** Finds the user and the project `admin`, which bootstrap has created with random ids. */
async function findAdmin(url: string, password: string) {
  const named = { name: 'admin', domain: { id: 'default' } }
  const identity = { methods: ['password'], password: { user: { ...named, password } } }
  const body = { auth: { identity, scope: { project: named } } }
  type Issued = { token: Record<'user' | 'project', { id: string }> }
  const answer = await new KeystoneClient(url).call<Issued>('POST', '/auth/tokens', { body })
  const { user, project } = answer.body.token
  return { userId: user.id, projectId: project.id, username: 'admin', password }
}
