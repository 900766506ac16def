import * as assert from 'uvu/assert'
import { dynamodbPythonFromEnv } from '../../stack/environment.ts'
import type { Ec2Credential } from '../../stack/keystone-client.ts'
import { runPython } from '../../support/program.ts'
import { awsEnvironment, cliLife } from './cli-life.ts'
import { javascriptLife } from './javascript-life.ts'

/** Creates, uses and deletes a table with an unmodified client. */
type Life = (url: string, credential: Ec2Credential) => Promise<void>

export const CLI = 'the AWS CLI'

export const LIVES: Readonly<Record<string, Life>> = {
  boto3: pythonLife('boto3_life.py'),
  PynamoDB: pythonLife('pynamodb_life.py'),
  [CLI]: cliLife,
  'the SDK for JavaScript': javascriptLife,
}

function pythonLife(script: string): Life {
  return async (url, credential) => {
    const environment = awsEnvironment(url, credential)
    const output = await runPython(script, [], null, dynamodbPythonFromEnv(), environment)
    assert.is(output.trim(), 'done')
  }
}
