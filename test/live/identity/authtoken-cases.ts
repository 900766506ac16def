export type Section = Readonly<Record<string, string | number | undefined>>
export type Who =
  | 'member'
  | 'garbage'
  | 'limited'
  | 'byService'
  | 'byNamedService'
  | 'byUser'
  | 'late'

export interface Case {
  readonly name: string
  /** Options in addition to devstack's; undefined removes one of devstack's. */
  readonly section: Section
  readonly who?: readonly Who[]
  /** The service's responses where they differ from keystonemiddleware's on purpose. */
  readonly differs?: { readonly ours: readonly unknown[]; readonly why: string }
}

/** Options that decide about a request after its tokens were validated. */
export function decisionCases(): readonly Case[] {
  const chain = ['byService', 'byNamedService', 'byUser', 'late'] as const
  const bound = (mode: string, why: string): Case => ({
    name: `enforce_token_bind ${mode}`,
    section: { enforce_token_bind: mode },
    differs: { ours: ['refused', 'refused'], why },
  })
  return [
    { name: 'service_token_roles', section: {}, who: chain },
    ...['GlueService', 'glueservice', 'other,service'].flatMap((roles): Case[] =>
      ['true', 'false'].map((required) => ({
        name: `service_token_roles ${roles}, required ${required}`,
        section: { service_token_roles: roles, service_token_roles_required: required },
        who: chain,
      })),
    ),
    { name: 'service_type', section: { service_type: 'kv-storage' }, who: ['limited'] },
    { name: 'another service_type', section: { service_type: 'compute' }, who: ['limited'] },
    {
      name: 'no service_type',
      section: {},
      who: ['limited'],
      differs: { ours: [200], why: 'ours knows which service it is' },
    },
    ...['true', 'false'].map((include) => ({
      name: `include_service_catalog ${include}`,
      section: { include_service_catalog: include },
    })),
    ...['v3'].map((version) => ({
      name: `auth_version ${version}`,
      section: { auth_version: version },
    })),
    { name: 'delay_auth_decision false', section: { delay_auth_decision: 'false' } },
    {
      name: 'delay_auth_decision true',
      section: { delay_auth_decision: 'true' },
      differs: { ours: ['refused', 'refused'], why: 'nothing behind ours would decide' },
    },
    ...['permissive', 'disabled'].map((mode) => ({
      name: `enforce_token_bind ${mode}`,
      section: { enforce_token_bind: mode },
    })),
    bound('strict', 'Keystone v3 binds no tokens, so it would be without effect'),
    bound('required', 'it would refuse every token'),
    bound('kerberos', 'it would refuse every token'),
  ]
}
