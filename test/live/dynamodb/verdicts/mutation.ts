import type { Seeded } from '../../../seeded.ts'
import type { Ec2Credential } from '../../../stack/keystone-client.ts'
import type { SignedRequest } from './signed-request.ts'

export interface Keys {
  /** The key that signs the request. */
  readonly own: Ec2Credential
  readonly other: Ec2Credential
}

export interface Mutation {
  change(request: SignedRequest, random: Seeded, keys: Keys): SignedRequest
  /** Why the service refuses what Keystone may accept. Absent if the verdicts must be equal. */
  readonly stricter?: string
}
