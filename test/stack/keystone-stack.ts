import { readFileSync } from 'node:fs'
import { environmentVariable } from './environment.ts'
import { type AdminData, KeystoneAdmin } from './keystone-admin.ts'
import type { Credentials } from './keystone-client.ts'

export type ProjectFixture = {
  readonly id: string
  readonly name: string
  /** By role. Each user has only this role and those that it implies, and only in this project. */
  readonly users: Readonly<Record<'reader' | 'member' | 'admin', Credentials>>
}

/** All that a test process needs to know about the running Keystone. Passed as JSON. */
export type KeystoneData = AdminData & {
  /** The user as which MagnetoDB authenticates: role `service` in the project `service`. */
  readonly service: Credentials
  /** Like `service`, but may also read EC2 secrets, by the role `ec2_secret_reader`. */
  readonly secretReader: Credentials
  readonly projects: { readonly alpha: ProjectFixture; readonly beta: ProjectFixture }
}

export class KeystoneStack extends KeystoneAdmin<KeystoneData> {}

/** The Keystone that `npm test` has started. Throws outside of such a run. */
export function keystoneFromEnv(): KeystoneStack {
  const path = environmentVariable('MAGNETODB_TEST_KEYSTONE')
  return new KeystoneStack(JSON.parse(readFileSync(path, 'utf8')))
}
