import * as assert from 'uvu/assert'
import { CountingProxy } from '../../identity/keystone/counting-proxy.ts'
import { dynamodbPythonFromEnv } from '../../stack/environment.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { runPython } from '../../support/program.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/until.ts'
import { CredentialMaker } from '../credentials.ts'
import { keystoneSection } from '../keystone-section.ts'
import { awsEnvironment } from './cli-life.ts'

/** Retries of botocore: while Keystone does not answer for a new key, and above the rate limit. */

const WRITES_PER_SECOND = 20

const test = suite("botocore's retries")
const keystone = keystoneFromEnv()
const maker = new CredentialMaker(keystone)
let proxy: CountingProxy
let service: Service

test.before(async () => {
  proxy = await CountingProxy.start(keystone.url)
  const { url, secretReader } = keystone.data
  service = await Service.start({
    DEFAULT: { auth_strategy: 'keystone', workers: 1, writes_per_second: WRITES_PER_SECOND },
    keystone_authtoken: {
      ...keystoneSection({ url, service: secretReader }),
      ...{ endpoint_override: proxy.url, http_connect_timeout: 1 },
    },
  })
})

test.after(async () => {
  await service.stop()
  await proxy.stop()
})

for (const mode of ['standard', 'adaptive']) {
  test(`requests refused with 503 or throttled succeed in ${mode} mode`, async () => {
    const projectId = await keystone.createProject(maker.unique('project'))
    const credential = await keystone.createEc2Credential(
      await maker.newUser(projectId, ['member']),
    )
    const asked = () => proxy.signatures + proxy.credentials
    const before = asked()
    proxy.isSilent = true
    const environment = awsEnvironment(service.url, credential)
    const script = 'boto3_retries.py'
    const running = runPython(script, [mode], null, dynamodbPythonFromEnv(), environment)
    // A second call to Keystone means that the client's first request was refused.
    await Promise.race([running, until('it retries', () => asked() > before + 1)])
    proxy.isSilent = false
    const { ServiceUnavailable = 0, RequestLimitExceeded = 0 } = JSON.parse(await running)
    assert.ok(ServiceUnavailable > 0)
    assert.ok(RequestLimitExceeded > 0)
  })
}

test.run()
