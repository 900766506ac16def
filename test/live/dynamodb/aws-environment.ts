import { devNull } from 'node:os'
import type { Ec2Credential } from '../../stack/keystone-client.ts'

/** The complete configuration of an AWS client. It excludes the machine's own settings. */
export function awsEnvironment(url: string, { access, secret }: Ec2Credential): NodeJS.ProcessEnv {
  return {
    ...{ AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret },
    ...{ AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1' },
    ...{ AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull },
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}
