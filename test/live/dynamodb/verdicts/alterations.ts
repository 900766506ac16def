import type { Seeded } from '../../../seeded.ts'
import {
  changedHeader,
  header,
  type Mutation,
  type SignedRequest,
  withHeader,
  withMore,
  withoutHeader,
} from './signed-request.ts'

/** Changes of signed requests in transit. */

function altered(change: Mutation['change'], stricter?: string): Mutation {
  return stricter === undefined ? { change } : { change, stricter }
}

function alteredHeader(name: string, change: (value: string) => string): Mutation {
  return { change: (request) => changedHeader(request, name, change) }
}

/** @param change of one header */
function alteredHeaders(
  change: (name: string, value: string) => SignedRequest['headers'][number],
): Mutation {
  const all = ({ headers }: SignedRequest) => headers.map(([name, value]) => change(name, value))
  return { change: (request) => ({ ...request, headers: all(request) }) }
}

function alteredBody(change: (body: Buffer, random: Seeded) => Buffer): Mutation {
  return { change: (request, random) => ({ ...request, body: change(request.body, random) }) }
}

function authorization(change: (value: string) => string, stricter?: string): Mutation {
  return altered((request) => changedHeader(request, 'authorization', change), stricter)
}

const parts = (authorization: string) => authorization.replace('AWS4-HMAC-SHA256 ', '').split(', ')

/** The text with another hexadecimal digit at this index. */
function otherDigit(text: string, at: number): string {
  return `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`
}

function withBitFlipped(body: Buffer, random: Seeded): Buffer {
  if (body.length === 0) return Buffer.from('x')
  const changed = Buffer.from(body)
  const at = random.below(body.length)
  changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8))
  return changed
}

const OF_THE_REQUEST: Readonly<Record<string, Mutation>> = {
  'another target': alteredHeader('x-amz-target', (target) => `${target}s`),
  'a signed header changed': alteredHeader('content-type', (type) => `${type};x`),
  'a signed header left out': altered((request) => withoutHeader(request, 'content-type')),
  'an unsigned header added': altered((request) => withMore(request, 'X-Amz-Extra', 'unsigned')),
  'header names in capitals': alteredHeaders((name, value) => [name.toUpperCase(), value]),
  'more spaces in signed values': alteredHeaders((name, value) =>
    /^authorization$/i.test(name) ? [name, value] : [name, value.replaceAll(' ', '   ')],
  ),
  'spaces around values': alteredHeaders((name, value) => [name, `  ${value} `]),
  'a byte of the body changed': alteredBody(withBitFlipped),
  'a body with more behind it': alteredBody((body) => Buffer.concat([body, Buffer.from(' ')])),
  'a body cut': alteredBody((body) =>
    body.length === 0 ? Buffer.from('{') : body.subarray(0, -1),
  ),
  'another path': altered((request) => ({ ...request, target: '/x' })),
  'a query': altered(
    (request) => ({ ...request, target: '/?Action=ListTables' }),
    "a query that nobody signed: Keystone does not look at a POST's",
  ),
  'another host': altered((request) => withHeader(request, 'host', 'evil.example.org')),
  'a date one second later': alteredHeader('x-amz-date', (date) =>
    date.replace(/\d\dZ$/, (end) => (end === '59Z' ? '58Z' : '59Z')),
  ),
  'no date': altered((request) => withoutHeader(request, 'x-amz-date')),
  'two dates': altered((request) => withMore(request, 'X-Amz-Date', header(request, 'x-amz-date'))),
  'a session token': altered(
    (request) => withMore(request, 'X-Amz-Security-Token', 'of no session'),
    'a session token, which Keystone has none of and does not look at',
  ),
  'a token beside the signature': altered(
    (request) => withMore(request, 'X-Auth-Token', 'garbage'),
    'two callers in one request: Keystone is not told of the other one',
  ),
  'a hash that is not of the body': altered((request) => {
    const without = withoutHeader(request, 'x-amz-content-sha256')
    return withMore(without, 'X-Amz-Content-SHA256', 'UNSIGNED-PAYLOAD')
  }, 'a wrong hash of the body: Keystone looks only at the one that we compute'),
}

const OF_THE_AUTHORIZATION: Readonly<Record<string, Mutation>> = {
  'another region': authorization((text) => text.replace(/(\/\d{8}\/)/, '$1x')),
  'another service': authorization((text) => text.replace('/dynamodb/', '/s3/')),
  'another terminator': authorization((text) => text.replace('4_request', '5_request')),
  'another day': authorization((text) => text.replace(/\/\d{8}\//, '/20200101/')),
  'an unknown key': authorization((text) => otherDigit(text, text.indexOf('Credential=') + 15)),
  "another caller's key": altered((request, _, { other: { access } }) =>
    changedHeader(request, 'authorization', (text) =>
      text.replace(/Credential=[^/]*/, `Credential=${access}`),
    ),
  ),
  'a digit of the signature changed': altered((request, random) =>
    changedHeader(request, 'authorization', (text) =>
      otherDigit(text, text.length - 1 - random.below(64)),
    ),
  ),
  'a signature in capitals': authorization((text) =>
    text.replace(/[^=]*$/, (digits) => digits.toUpperCase()),
  ),
  'a signature cut': authorization((text) => text.slice(0, -1)),
  'parts in another order': authorization(
    (text) => `AWS4-HMAC-SHA256 ${parts(text).reverse().join(', ')}`,
  ),
  'no spaces between parts': authorization((text) => text.replaceAll(', ', ',')),
  'more spaces between parts': authorization((text) => text.replaceAll(', ', ',    ')),
  'the algorithm in lower case': authorization((text) =>
    text.replace('AWS4-HMAC-SHA256', 'aws4-hmac-sha256'),
  ),
  'a part in lower case': authorization((text) => text.replace('Credential', 'credential')),
  'signed headers in capitals': authorization((text) => text.replace('host', 'Host')),
  'a signed header not named': authorization((text) => text.replace('content-type;', '')),
  'a part twice': authorization(
    (text) => `${text}, ${parts(text)[2]}`,
    'a part twice, of which Keystone takes the first',
  ),
  'an unknown part': authorization(
    (text) => `${text}, Other=1`,
    'a part that means nothing, which Keystone does not look at',
  ),
}

export const ALTERATIONS = { ...OF_THE_REQUEST, ...OF_THE_AUTHORIZATION }
