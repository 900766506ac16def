import type { Seeded } from '../../../seeded.ts'
import type { Ec2Credential } from '../../../stack/keystone-client.ts'

/** A request as it is sent. */
export interface SignedRequest {
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

interface Keys {
  /** The key that signs the request. */
  readonly own: Ec2Credential
  readonly other: Ec2Credential
}

export interface Mutation {
  change(request: SignedRequest, random: Seeded, keys: Keys): SignedRequest
  /** Why the service refuses what Keystone may accept. Absent if the verdicts must be equal. */
  readonly stricter?: string
}

/** A request to sign, with the key and the region. */
export interface Unsigned {
  readonly key: Ec2Credential
  readonly region: string
  readonly host: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const TARGETS = ['ListTables', 'GetItem', 'Query', 'DescribeLimits', 'NoSuchOperation']
const REGIONS = ['us-east-1', 'RegionOne', 'eu-central-2', 'mars-1']
const TYPES = ['application/x-amz-json-1.0', 'application/x-amz-json-1.0; charset=utf-8']
/** Headers that clients add, and unusual ones that they may add. */
const MORE_HEADERS: readonly Readonly<Record<string, string>>[] = [
  ...[{}, {}, { 'X-Amz-Note': 'two  spaces   and three' }, { 'X-Amz-Empty': '' }],
  { 'amz-sdk-request': 'attempt=1; max=3', 'amz-sdk-invocation-id': 'a-b-c' },
  { 'X-Amz-User-Agent': 'aws-sdk-js/3.1 ua/2.1, lang/js' },
]

export function randomRequest(random: Seeded, keys: readonly Ec2Credential[]): Unsigned {
  return {
    key: random.pick(keys),
    region: random.pick(REGIONS),
    host: random.pick(['127.0.0.1:8480', 'dynamodb.example.org', 'db.example.org:443']),
    headers: {
      'Content-Type': random.pick(TYPES),
      'X-Amz-Target': `DynamoDB_20120810.${random.pick(TARGETS)}`,
      ...random.pick(MORE_HEADERS),
    },
    body: randomBody(random),
  }
}

/** Bodies that change nothing. Some are not JSON, since the signature is checked before. */
function randomBody(random: Seeded): Buffer {
  const key = random.pick(['a', 'Ü', '𝄞', 'two  spaces', ' '])
  const text = JSON.stringify({ TableName: 'nowhere', Key: { id: { S: key } } })
  return random.pick([
    ...[Buffer.from(text), Buffer.from('{}'), Buffer.alloc(0), random.bytes(40)],
    Buffer.from(text.replaceAll(',', ' ,\n')),
  ])
}

/** The value of a header; empty if a mutation has removed it. */
export function header({ headers }: SignedRequest, wanted: string): string {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? ''
}

export function withHeader(request: SignedRequest, wanted: string, value: string): SignedRequest {
  const headers = request.headers.map(([name, old]): [string, string] => [
    name,
    name.toLowerCase() === wanted ? value : old,
  ])
  return { ...request, headers }
}

export function changedHeader(
  request: SignedRequest,
  wanted: string,
  change: (value: string) => string,
): SignedRequest {
  return withHeader(request, wanted, change(header(request, wanted)))
}

export function withMore(request: SignedRequest, name: string, value: string): SignedRequest {
  return { ...request, headers: [...request.headers, [name, value]] }
}

export function withoutHeader(request: SignedRequest, wanted: string): SignedRequest {
  const headers = request.headers.filter(([name]) => name.toLowerCase() !== wanted)
  return { ...request, headers }
}
