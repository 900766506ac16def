import { type OptionGroup, option } from '../option.ts'
import { list, string } from '../value-type.ts'

export const DYNAMODB_GROUP = {
  help: "DynamoDB's API, which the service speaks beside MagnetoDB's.",
  options: {
    region: option(string(), {
      default: 'us-east-1',
      help:
        "Region in the names (ARN) of tables. Clients' programs may keep these names, so it " +
        'should not change.',
    }),
    cors_allowed_origins: option(list(string()), {
      help:
        'Origins of web pages whose scripts may call this API, such as https://app.example.org. ' +
        '* allows all. Unset, browsers refuse the answers to such calls.',
    }),
  },
} satisfies OptionGroup
