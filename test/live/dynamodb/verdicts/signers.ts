import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SignatureV4 } from '@smithy/signature-v4'
import { dynamodbPythonFromEnv } from '../../../stack/environment.ts'
import { runPython } from '../../../support/program.ts'
import type { SignedRequest, Unsigned } from './signed-request.ts'

/** Signs like boto3 and the AWS CLI. */
export async function signByBotocore(
  requests: readonly Unsigned[],
): Promise<readonly SignedRequest[]> {
  const input = requests.map(({ key, body, ...rest }) => ({
    ...{ ...rest, ...key },
    body: body.toString('base64'),
  }))
  const output = await runPython('sign_requests.py', [], input, dynamodbPythonFromEnv())
  const signed: [string, string][][] = JSON.parse(output)
  return requests.map(({ host, body }, n) => ({
    ...{ target: '/', body },
    headers: [['Host', host], ...(signed[n] ?? [])],
  }))
}

/** Signs like the SDK for JavaScript. */
export async function signBySmithy(
  requests: readonly Unsigned[],
): Promise<readonly SignedRequest[]> {
  const { sha256 } = new DynamoDBClient({ region: 'us-east-1' }).config
  const signed: SignedRequest[] = []
  for (const { key, region, host, headers, body } of requests) {
    const signer = new SignatureV4({
      credentials: { accessKeyId: key.access, secretAccessKey: key.secret },
      ...{ region, service: 'dynamodb', sha256 },
    })
    const { headers: made } = await signer.sign({
      ...{ method: 'POST', protocol: 'http:', hostname: host, path: '/', query: {}, body },
      headers: { ...headers, host, 'content-length': String(body.length) },
    })
    signed.push({ target: '/', headers: Object.entries(made), body })
  }
  return signed
}
