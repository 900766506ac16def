import type { Part, PartOptions } from '../part.ts'
import { installPackages } from './python.ts'

/** Clients of DynamoDB's API. Their dependencies conflict with Keystone's. */
const PACKAGES = ['boto3==1.44.8', 'pynamodb==6.1.0', 'awscli==1.46.3']

export async function startDynamodbClients(options: PartOptions): Promise<Part> {
  const python = await installPackages('dynamodb-clients', PACKAGES, options)
  return {
    note: `clients of DynamoDB: ${PACKAGES.join(', ')}`,
    environment: { MAGNETODB_TEST_DYNAMODB_PYTHON: python },
    stop: async () => {},
  }
}
