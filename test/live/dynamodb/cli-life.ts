import { devNull } from 'node:os'
import * as assert from 'uvu/assert'
import { dynamodbPythonFromEnv } from '../../stack/environment.ts'
import type { Ec2Credential } from '../../stack/keystone-client.ts'
import { runProgram } from '../../support/program.ts'
import { until } from '../../support/until.ts'

const DEFINITION = [
  ...['--attribute-definitions', 'AttributeName=artist,AttributeType=S'],
  ...['AttributeName=year,AttributeType=N', '--key-schema', 'AttributeName=artist,KeyType=HASH'],
  ...['AttributeName=year,KeyType=RANGE', '--billing-mode', 'PAY_PER_REQUEST'],
]
const KEY = '{"artist": {"S": "Holst"}, "year": {"N": "1916"}}'
const ITEM = '{"artist": {"S": "Holst"}, "year": {"N": "1916"}, "title": {"S": "Die Planeten ♃"}}'

/** The complete configuration of an AWS client. It excludes the machine's own settings. */
export function awsEnvironment(url: string, { access, secret }: Ec2Credential): NodeJS.ProcessEnv {
  return {
    ...{ AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret },
    ...{ AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' },
    ...{ AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull },
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

/** A table's life with the AWS CLI. */
export async function cliLife(url: string, credential: Ec2Credential): Promise<void> {
  const environment = awsEnvironment(url, credential)
  const aws = (...args: string[]) =>
    runProgram([dynamodbPythonFromEnv(), '-m', 'awscli', 'dynamodb', ...args], '', environment)
  const done = async (...args: string[]) => {
    const { code, stdout, stderr } = await aws(...args)
    assert.is(code, 0, `${args[0]}: ${stderr}`)
    return stdout === '' ? {} : JSON.parse(stdout)
  }
  const table = ['--table-name', 'albums']

  const { TableDescription } = await done('create-table', ...table, ...DEFINITION)
  assert.is(TableDescription.TableName, 'albums')
  await done('wait', 'table-exists', ...table)
  await done('put-item', ...table, '--item', ITEM)
  const consistently = [...table, '--key', KEY, '--consistent-read']
  assert.equal(await done('get-item', ...consistently), { Item: JSON.parse(ITEM) })
  const twice = await aws(
    ...['put-item', ...table, '--item', ITEM],
    ...['--condition-expression', 'attribute_not_exists(title)'],
  )
  assert.match(twice.stderr, '(ConditionalCheckFailedException)')
  const { Count } = await done(
    ...['query', ...table, '--key-condition-expression', 'artist = :a'],
    ...['--expression-attribute-values', '{":a": {"S": "Holst"}}'],
  )
  assert.is(Count, 1)
  await done('delete-table', ...table)
  // The CLI's own `wait` polls only every 20 seconds.
  await until('the table has gone', async () => (await aws('describe-table', ...table)).code !== 0)
  await done('wait', 'table-not-exists', ...table)
}
