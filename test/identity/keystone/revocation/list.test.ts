import * as assert from 'uvu/assert'
import {
  parseRevocationEvent,
  RevocationList,
} from '../../../../src/identity/keystone/revocation/list.ts'
import { revocableTraits } from '../../../../src/identity/keystone/revocation/traits.ts'
import { test } from '../../../support/suite.ts'

const AT = '2026-01-01T12:00:00.000000Z'
const BEFORE = '2026-01-01T11:59:59.000000Z'
const AFTER = '2026-01-01T12:00:01.000000Z'

const traitsOf = (changes: Readonly<Record<string, unknown>> = {}) =>
  revocableTraits({
    user: { id: 'u1', domain: { id: 'd1' } },
    project: { id: 'p1', domain: { id: 'd2' } },
    audit_ids: ['own', 'chain'],
    issued_at: BEFORE,
    ...changes,
  })

function listOf(...events: Readonly<Record<string, unknown>>[]): RevocationList {
  const list = new RevocationList()
  for (const values of events) {
    const event = parseRevocationEvent({ issued_before: AT, revoked_at: AT, ...values })
    assert.ok(event)
    list.add(event)
  }
  return list
}

test("an event with a token's audit id, or its chain's, revokes the token", () => {
  assert.is(listOf({ audit_id: 'own' }).match(traitsOf()), 'revoked')
  assert.is(listOf({ audit_chain_id: 'chain' }).match(traitsOf()), 'revoked')
  assert.is(listOf({ audit_id: 'chain' }).match(traitsOf()), undefined)
  assert.is(listOf({ audit_chain_id: 'own' }).match(traitsOf()), undefined)
  assert.is(listOf({ audit_chain_id: 'one' }).match(traitsOf({ audit_ids: ['one'] })), 'revoked')
})

test('an event for a user, project, domain or trust makes tokens suspect', () => {
  const trust = { id: 't1', trustor_user: { id: 'u2' }, trustee_user: { id: 'u3' } }
  const trusted = traitsOf({ 'OS-TRUST:trust': trust })
  const suspect = [
    [{ user_id: 'u1' }, traitsOf()],
    [{ user_id: 'u2' }, trusted],
    [{ user_id: 'u3' }, trusted],
    [{ project_id: 'p1' }, traitsOf()],
    [{ user_id: 'u1', project_id: 'p1' }, traitsOf()],
    [{ domain_id: 'd1' }, traitsOf()],
    [{ domain_id: 'd2' }, traitsOf()],
    [{ domain_id: 'd3' }, traitsOf({ domain: { id: 'd3' } })],
    [{ 'OS-TRUST:trust_id': 't1' }, trusted],
    [{}, traitsOf()],
    [{ 'what nobody knows': 1 }, traitsOf()],
  ] as const
  for (const [event, traits] of suspect) {
    assert.is(listOf(event).match(traits), 'suspect', JSON.stringify(event))
  }
  const others = [
    { user_id: 'u2' },
    { project_id: 'p2' },
    { user_id: 'u1', project_id: 'p2' },
    { domain_id: 'd3' },
    { 'OS-TRUST:trust_id': 't1' },
  ]
  for (const event of others) {
    assert.is(listOf(event).match(traitsOf()), undefined, JSON.stringify(event))
  }
})

test('an event applies only to tokens issued before it', () => {
  assert.is(listOf({ user_id: 'u1' }).match(traitsOf({ issued_at: AFTER })), undefined)
  assert.is(listOf({ user_id: 'u1' }).match(traitsOf({ issued_at: AT })), 'suspect')
  assert.is(listOf({ user_id: 'u1' }).match(traitsOf({ issued_at: undefined })), 'suspect')
})

test('malformed events are ignored', () => {
  for (const value of [null, 'x', {}, { audit_id: 'a' }, { issued_before: 'yesterday' }]) {
    assert.is(parseRevocationEvent(value), undefined)
  }
})

test('tokens older than a dropped event are suspect', () => {
  for (const kind of ['audit_id', 'audit_chain_id', 'user_id']) {
    const list = listOf({ [kind]: 'first' })
    for (let n = 0; n < 6_000; n++) {
      const event = parseRevocationEvent({ [kind]: `id-${n}`, issued_before: AFTER })
      assert.ok(event)
      list.add(event)
    }
    assert.ok(list.size <= 5_000, String(list.size))
    assert.is(list.match(traitsOf()), 'suspect', kind)
  }
})

test('events older than any cached token are dropped', () => {
  const list = listOf({ audit_id: 'own' }, { audit_chain_id: 'chain' }, { user_id: 'u1' })
  list.dropRevokedBefore(Date.parse(AT))
  assert.is(list.size, 3)
  list.dropRevokedBefore(Date.parse(AFTER))
  assert.is(list.size, 0)
  assert.is(list.match(traitsOf()), undefined)
})

test.run()
