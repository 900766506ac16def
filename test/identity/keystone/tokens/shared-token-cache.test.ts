import * as assert from 'uvu/assert'
import type { SecurityStrategy } from '../../../../src/identity/keystone/tokens/entry-format.ts'
import { SharedTokenCache } from '../../../../src/identity/keystone/tokens/shared-token-cache.ts'
import { test } from '../../../support/suite.ts'
import { optionsFor } from '../fake-keystone.ts'
import { ManualClock } from '../manual-clock.ts'
import { RecordedLog } from '../recorded-log.ts'

function logOf(securityStrategy: SecurityStrategy, servers: readonly string[]): RecordedLog {
  const log = new RecordedLog()
  const options = optionsFor(
    { url: '' },
    {
      memcached_servers: servers,
      memcache_security_strategy: securityStrategy,
      memcache_secret_key: 'a secret',
    },
  )
  new SharedTokenCache(options, { seconds: 270, clock: new ManualClock(), log }).close()
  return log
}

test('memcached without a security strategy logs a warning, on loopback too', () => {
  const servers = ['127.0.0.1:11211', 'unix:/run/memcached.sock', '10.0.0.1:11211']
  const { lines } = logOf('None', servers)
  assert.equal(
    lines.map(({ level, fields }) => ({ level, fields })),
    [{ level: 'warn', fields: { servers: '127.0.0.1:11211,10.0.0.1:11211' } }],
  )
  assert.is(logOf('None', ['unix:/run/memcached.sock']).lines.length, 0)
  for (const strategy of ['MAC', 'ENCRYPT'] as const) {
    assert.is(logOf(strategy, servers).lines.length, 0)
  }
})

test.run()
