/** How a test process finds the servers that `npm test` has brought up. */

export type Address = { readonly host: string; readonly port: number }

/** The Cassandra node's address: data centre `datacenter1`, no authentication. */
export function cassandraFromEnv(): Address {
  return address(environmentVariable('MAGNETODB_TEST_CASSANDRA'))
}

export function memcachedFromEnv(): Address {
  return address(environmentVariable('MAGNETODB_TEST_MEMCACHED'))
}

/** DynamoDB Local's address, a URL. */
export function dynamoDbFromEnv(): string {
  return environmentVariable('MAGNETODB_TEST_DYNAMODB')
}

/** A Python interpreter that has requests, keystoneauth1 and what Keystone needs: oslo.policy. */
export function pythonFromEnv(): string {
  return environmentVariable('MAGNETODB_TEST_PYTHON')
}

/** A Python interpreter that has boto3, PynamoDB and the AWS CLI. */
export function dynamodbPythonFromEnv(): string {
  return environmentVariable('MAGNETODB_TEST_DYNAMODB_PYTHON')
}

export function environmentVariable(name: string): string {
  const value = process.env[name]
  if (value) return value
  throw new Error(`${name} is not set: run live tests with 'npm test -- PATTERN'`)
}

function address(text: string): Address {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) }
}
