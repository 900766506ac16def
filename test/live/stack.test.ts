import { once } from 'node:events'
import { connect } from 'node:net'
import cassandra from 'cassandra-driver'
import * as assert from 'uvu/assert'
import { cassandraFromEnv, memcachedFromEnv } from '../stack/environment.ts'
import { credentialId } from '../stack/keystone-admin.ts'
import { keystoneFromEnv } from '../stack/keystone-stack.ts'
import { test } from '../support/suite.ts'

test('Cassandra answers CQL and syncs its commit log before acknowledging', async () => {
  const { host, port } = cassandraFromEnv()
  const client = new cassandra.Client({
    contactPoints: [`${host}:${port}`],
    localDataCenter: 'datacenter1',
  })
  try {
    await client.connect()
    const release = await client.execute('SELECT release_version FROM system.local')
    assert.match(release.first().get('release_version'), /^5\.0\./)
    const settings = await client.execute(
      "SELECT name, value FROM system_views.settings WHERE name IN ('commitlog_sync'," +
        " 'paxos_variant')",
    )
    const values = settings.rows.map((row) => `${row.get('name')}=${row.get('value')}`)
    assert.equal(values.sort(), ['commitlog_sync=batch', 'paxos_variant=v2'])
  } finally {
    await client.shutdown()
  }
})

test('Keystone validates a token until it is revoked', async () => {
  const keystone = keystoneFromEnv()
  const { alpha, beta } = keystone.data.projects
  const service = await keystone.issueToken(keystone.data.service)
  const token = await keystone.issueToken(alpha.users.member)

  const known = await keystone.validateToken(service.id, token.id)
  assert.equal(JSON.parse(JSON.stringify(known)).project.id, alpha.id)
  assert.is.not(alpha.id, beta.id)

  await keystone.revokeToken(await keystone.adminToken(), token.id)
  for (let tries = 0; tries < 5; tries++) {
    assert.is(await keystone.validateToken(service.id, token.id), undefined)
  }
})

test('the fixture users hold the roles they are named after', async () => {
  const keystone = keystoneFromEnv()
  const { users } = keystone.data.projects.beta
  const rolesOf = async (user: typeof users.reader) => {
    const { body } = await keystone.issueToken(user)
    return JSON.parse(JSON.stringify(body.roles))
      .map((role: { name: string }) => role.name)
      .sort()
  }
  assert.equal(await rolesOf(users.reader), ['reader'])
  assert.equal(await rolesOf(users.member), ['member', 'reader'])
  assert.equal(await rolesOf(users.admin), ['admin', 'manager', 'member', 'reader'])
  assert.equal(await rolesOf(keystone.data.service), ['service'])
})

test('only the role ec2_secret_reader lets a service read EC2 secrets', async () => {
  const keystone = keystoneFromEnv()
  const { alpha } = keystone.data.projects
  const { secretReader, service } = keystone.data
  const credential = await keystone.createEc2Credential(alpha.users.member)
  const totp = { type: 'totp', user_id: alpha.users.member.userId, blob: 'GEZDGNBVGY3TQOJQ' }
  const other = await keystone.create('/credentials', 'credential', totp)
  const read = async (user: typeof service, id: string) => {
    const { id: token } = await keystone.issueToken(user)
    return (await keystone.send('GET', `/credentials/${id}`, { token })).status
  }
  const id = credentialId(credential.access)
  assert.is(await read(secretReader, id), 200)
  assert.is(await read(secretReader, other), 403)
  assert.is(await read(service, id), 403)
  assert.is.not((await keystone.rotateEc2Credential(credential)).secret, credential.secret)
  await keystone.deleteEc2Credential(credential)
  assert.is(await read(secretReader, id), 403)
})

test('memcached stores values', async () => {
  const { host, port } = memcachedFromEnv()
  const socket = connect(port, host)
  socket.setEncoding('utf8')
  socket.write('set greeting 0 60 5\r\nhello\r\nget greeting\r\nquit\r\n')
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  await once(socket, 'close')
  assert.is(answer, 'STORED\r\nVALUE greeting 0 5\r\nhello\r\nEND\r\n')
})

test.run()
