import * as assert from 'uvu/assert'
import type { Identity } from '../../src/identity/request-context.ts'
import type { OperationName } from '../../src/operations/declarations.ts'
import { Enforcer } from '../../src/policy/enforcer.ts'
import { RULE_DEFAULTS } from '../../src/service/policy-options.ts'
import { test } from '../support/suite.ts'

type OperationRule = `mdb:${OperationName}`

const READS: readonly OperationRule[] = [
  'mdb:list_tables',
  'mdb:describe_table',
  'mdb:describe_time_to_live',
  'mdb:get_item',
  'mdb:batch_get_item',
  'mdb:query',
  'mdb:scan',
  'mdb:list_tags_of_resource',
  'mdb:describe_limits',
  'mdb:describe_endpoints',
]
const WRITES: readonly OperationRule[] = [
  'mdb:create_table',
  'mdb:delete_table',
  'mdb:put_item',
  'mdb:update_item',
  'mdb:delete_item',
  'mdb:batch_write_item',
  'mdb:bulk_load',
  'mdb:update_table',
  'mdb:update_time_to_live',
  'mdb:tag_resource',
  'mdb:untag_resource',
]

const enforcer = new Enforcer(RULE_DEFAULTS)

/** The operations that these roles may perform. */
function allowed(roles: readonly string[], projectId = 'p1'): readonly string[] {
  const identity: Identity = {
    userId: 'u1',
    projectId: 'p1',
    roles: new Set(roles),
    expiresAt: Number.POSITIVE_INFINITY,
  }
  return [...READS, ...WRITES].filter((name) => enforcer.allows(name, identity, { projectId }))
}

test('every operation has a valid rule', () => {
  const names = RULE_DEFAULTS.map(({ name }) => name).filter((name) => name.startsWith('mdb:'))
  assert.equal(names.sort(), [...READS, ...WRITES].sort())
  assert.equal(enforcer.problems, [])
})

test('readers read, members also write, administrators do both', () => {
  assert.equal(allowed(['reader']), READS)
  assert.equal(allowed(['reader', 'member']), [...READS, ...WRITES])
  assert.equal(allowed(['admin']), [...READS, ...WRITES])
})

test('other roles, and callers without a role, are denied', () => {
  assert.equal(allowed([]), [])
  assert.equal(allowed(['service']), [])
  assert.equal(allowed(['auditor', 'reader ', 'administrator']), [])
})

test('everybody is denied in another project, administrators included', () => {
  const every = ['admin', 'manager', 'member', 'reader']
  for (const other of ['p2', 'P1', '']) assert.equal(allowed(every, other), [])
})

test('every rule has a description and its requests', () => {
  for (const rule of RULE_DEFAULTS) {
    assert.match(rule.name, /^(?:mdb:)?[a-z_]+$/)
    assert.ok(rule.description.length > 5, rule.name)
    assert.equal(rule.scopeTypes, ['project'])
    const paths = /^\/(?:v1\/data\/\{project_id\}\/| \(DynamoDB_20120810\.[A-Z]\w+\)$)/
    for (const { path } of rule.operations) assert.match(path, paths)
  }
})

test.run()
