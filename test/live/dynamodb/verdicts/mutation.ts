import type { Seeded } from '../../../seeded.ts'
import type { Ec2Credential } from '../../../stack/keystone-client.ts'
import type { SignedRequest } from './signed-request.ts'

export interface Keys {
  /** By which the request is signed. */
  readonly own: Ec2Credential
  readonly other: Ec2Credential
}

export interface Mutation {
  change(request: SignedRequest, random: Seeded, keys: Keys): SignedRequest
  /** Why we refuse what Keystone may accept. Absent: the verdicts are equal. */
  readonly stricter?: string
}
