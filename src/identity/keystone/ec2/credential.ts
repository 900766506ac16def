import { hash } from 'node:crypto'
import { IdentityUnavailableError } from '../../errors.ts'
import { objectOf, parseJsonObject, stringOf } from '../json.ts'
import { askAsService, type KeystoneParts } from '../login/ask-as-service.ts'

export interface Ec2Credential {
  readonly secret: string
  readonly projectId: string
}

/** `denied_for_now`: Keystone refuses the login for reading it, because it has too much to do. */
export type CredentialRefusal = 'denied' | 'denied_for_now'

export function isCredentialRefusal(reading: unknown): reading is CredentialRefusal {
  return reading === 'denied' || reading === 'denied_for_now'
}

/**
 * Reads an EC2 credential with its secret.
 *
 * @param deadlineMs by `performance.now()`
 * @returns `denied` if the service may not read it. Keystone may answer so for a credential that
 *   does not exist, too
 * @throws IdentityUnavailableError if Keystone gives no usable answer
 */
export async function readCredential(
  parts: KeystoneParts,
  accessKey: string,
  deadlineMs: number,
): Promise<Ec2Credential | 'absent' | 'denied'> {
  const path = `/credentials/${hash('sha256', accessKey)}`
  const { status, body } = await askAsService(parts, { path }, deadlineMs)
  // From Keystone itself, not from a web server that does not know the path.
  if (status === 404 && objectOf(parseJsonObject(body)?.error) !== undefined) return 'absent'
  if (status === 403) return 'denied'
  if (status !== 200) {
    throw new IdentityUnavailableError(`Keystone answered ${status} about a credential`)
  }
  const found = parseCredential(body, accessKey)
  if (found !== undefined) return found
  throw new IdentityUnavailableError('the answer is not an EC2 credential')
}

function parseCredential(text: string, accessKey: string): Ec2Credential | undefined {
  const credential = objectOf(parseJsonObject(text)?.credential)
  const blob = parseJsonObject(stringOf(credential?.blob) ?? '')
  const projectId = stringOf(credential?.project_id)
  const secret = stringOf(blob?.secret)
  if (credential?.type !== 'ec2' || blob?.access !== accessKey) return undefined
  return secret && projectId ? { secret, projectId } : undefined
}
