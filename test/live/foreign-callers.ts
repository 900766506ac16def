import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { KeystoneStack } from '../stack/keystone-stack.ts'
import { type CredentialMaker, changed, spoofedHeaders } from './credentials.ts'

/** Longer than a short-lived token's life. */
const UNTIL_EXPIRED_MS = 4_000
/** A unique token, so that it can be found in any output. */
const garbage = `garbage-${randomUUID()}`

export type Headers = readonly (readonly [string, string])[]

const token = (value: string): Headers => [['X-Auth-Token', value]]

/** Callers with invalid tokens, and so without any permission in the project alpha. */
export async function invalidCallers(
  keystone: KeystoneStack,
  maker: CredentialMaker,
): Promise<Record<string, Headers>> {
  const { alpha } = keystone.data.projects
  const { member } = alpha.users
  const access_rules = [{ service: 'kv-storage', method: 'GET', path: '/v1/other' }]
  const spoofed = spoofedHeaders(alpha.id)
  const service = await maker.userToken(keystone.data.service)
  const good = await maker.userToken(member)
  const rules = await maker.byApplicationCredential(member, { access_rules })
  const found: Record<string, Headers> = {
    'no token': [],
    'spoofed headers alone': spoofed,
    garbage: token(garbage),
    'garbage, spoofed': [...token(garbage), ...spoofed],
    '9 kB': token('g'.repeat(9_000)),
    'another letter': token(changed(good)),
    expired: token(await maker.shortLived(member)),
    revoked: token(await maker.revoked(member)),
    'rules for something else': token(rules),
    'rules for something else, spoofed': [...token(rules), ...spoofed],
    'a user for a service': [...token(good), ['X-Service-Token', good]],
    'garbage for a service': [...token(good), ['X-Service-Token', garbage]],
    'a service without a user': [['X-Service-Token', service]],
    'the alias of the token': [['X-Storage-Token', good]],
  }
  for (const [name, value] of Object.entries(await maker.invalidated(alpha.id))) {
    found[name] = token(value)
  }
  await delay(UNTIL_EXPIRED_MS)
  return found
}

/** Callers with valid tokens but without permission there, by v1's message to them. */
export async function foreignCallers(
  keystone: KeystoneStack,
  maker: CredentialMaker,
): Promise<Record<string, Record<string, Headers>>> {
  const { alpha, beta } = keystone.data.projects
  const spoofed = spoofedHeaders(alpha.id)
  const betaAdmin = token(await maker.userToken(beta.users.admin))
  const service = await maker.userToken(keystone.data.service)
  const system = token(await maker.inScope('system'))
  const { member: ofOtherDomain } = await maker.memberOfNewDomain()
  return {
    'A token scoped to a project is required.': {
      unscoped: token(await maker.inScope('unscoped')),
      domain: token(await maker.inScope('domain')),
      system,
      'system, spoofed': [...system, ...spoofed],
      'system, by a service': [...system, ['X-Service-Token', service]],
    },
    'No access to project': {
      "another project's member": token(await maker.userToken(beta.users.member)),
      "another project's admin": betaAdmin,
      "another project's admin, spoofed": [...betaAdmin, ...spoofed],
      "another project's admin, by a service": [...betaAdmin, ['X-Service-Token', service]],
      "another domain's member": token(await maker.userToken(ofOtherDomain)),
      "the cloud's admin": token(await keystone.adminToken()),
      'a service': token(service),
    },
  }
}
