import * as assert from 'uvu/assert'
import { Callers } from '../../../src/dialect/dynamodb/caller.ts'
import type { WireRequest } from '../../../src/dialect/wire.ts'
import { NoauthAuthenticator } from '../../../src/identity/noauth.ts'
import type { Signatures } from '../../../src/identity/signatures.ts'
import { test } from '../../support/suite.ts'

const projectOf = (accessKey: string) => `project of ${accessKey}`
const notAsked = (): never => {
  throw new Error('only the project is asked for')
}
const others = { read: notAsked, admitBody: notAsked, failed: notAsked, known: notAsked }
const signatures: Signatures = { ...others, projectOf, verify: notAsked }
const callers = new Callers(Object.assign(new NoauthAuthenticator(), { signatures }))

function claimedBy(authorization: string | undefined): string | undefined {
  const header = (name: string) => (name === 'authorization' ? authorization : undefined)
  return callers.claimedProject({ header } as WireRequest)
}

test('a request claims the project of its access key, and without a key none', () => {
  assert.is(claimedBy('AWS4-HMAC-SHA256 Credential=key/20260101/x'), 'project of key')
  for (const none of [undefined, '', 'Credential=', 'Credential=/x', 'Credential=key', 'a/b']) {
    assert.is(claimedBy(none), undefined, none)
  }
})

test.run()
