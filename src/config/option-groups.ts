import { CASSANDRA_GROUP } from './groups/cassandra.ts'
import { DEFAULT_GROUP } from './groups/default.ts'
import { DYNAMODB_GROUP } from './groups/dynamodb.ts'
import { KEYSTONE_AUTHTOKEN_GROUP } from './groups/keystone-authtoken.ts'
import { LMDB_GROUP } from './groups/lmdb.ts'
import { OSLO_MIDDLEWARE_GROUP } from './groups/oslo-middleware.ts'
import { OSLO_POLICY_GROUP } from './groups/oslo-policy.ts'
import type { InferGroups } from './option.ts'

/** All options of the service, by section. */
export const OPTION_GROUPS = {
  DEFAULT: DEFAULT_GROUP,
  lmdb: LMDB_GROUP,
  cassandra: CASSANDRA_GROUP,
  dynamodb: DYNAMODB_GROUP,
  keystone_authtoken: KEYSTONE_AUTHTOKEN_GROUP,
  oslo_policy: OSLO_POLICY_GROUP,
  oslo_middleware: OSLO_MIDDLEWARE_GROUP,
}

/** The values of all options, each of them valid on its own. */
export type Options = InferGroups<typeof OPTION_GROUPS>
