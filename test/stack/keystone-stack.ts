import { readFileSync } from 'node:fs'
import { environmentVariable } from './environment.ts'
import { KeystoneAdmin } from './keystone-admin.ts'
import type { Credentials } from './keystone-client.ts'

export type ProjectFixture = {
  readonly id: string
  readonly name: string
  /** By role; each user has that one role (and those it implies) in this project alone. */
  readonly users: Readonly<Record<'reader' | 'member' | 'admin', Credentials>>
}

/** Everything a test process needs to know of the running Keystone; plain JSON. */
export type KeystoneData = {
  /** The address of the v3 API. */
  readonly url: string
  readonly region: string
  readonly admin: Credentials
  /** Role `service` in project `service`: the user our own service authenticates as. */
  readonly service: Credentials
  /** As `service`, and allowed to read EC2 secrets by the role `ec2_secret_reader`. */
  readonly secretReader: Credentials
  readonly projects: { readonly alpha: ProjectFixture; readonly beta: ProjectFixture }
}

export class KeystoneStack extends KeystoneAdmin {
  readonly data: KeystoneData

  constructor(data: KeystoneData) {
    super(data.url, data.region, data.admin)
    this.data = data
  }
}

/** The Keystone that `npm test` has brought up; one clear error outside of such a run. */
export function keystoneFromEnv(): KeystoneStack {
  const path = environmentVariable('MAGNETODB_TEST_KEYSTONE')
  return new KeystoneStack(JSON.parse(readFileSync(path, 'utf8')))
}
