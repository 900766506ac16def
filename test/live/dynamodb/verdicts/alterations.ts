import type { Mutation } from './mutation.ts'
import {
  changedHeader,
  header,
  type SignedRequest,
  withHeader,
  withMore,
  withoutHeader,
} from './signed-request.ts'

/** Changes of signed requests in transit. */

const authorization =
  (change: (value: string) => string) =>
  (request: SignedRequest): SignedRequest =>
    changedHeader(request, 'authorization', change)

const parts = (authorization: string) => authorization.replace('AWS4-HMAC-SHA256 ', '').split(', ')

/** The text with another hexadecimal digit at this index. */
function otherDigit(text: string, at: number): string {
  return `${text.slice(0, at)}${text[at] === '0' ? '1' : '0'}${text.slice(at + 1)}`
}

const OF_THE_REQUEST: Readonly<Record<string, Mutation>> = {
  'another target': {
    change: (request) => changedHeader(request, 'x-amz-target', (target) => `${target}s`),
  },
  'a signed header changed': {
    change: (request) => changedHeader(request, 'content-type', (type) => `${type};x`),
  },
  'a signed header left out': { change: (request) => withoutHeader(request, 'content-type') },
  'an unsigned header added': { change: (request) => withMore(request, 'X-Amz-Extra', 'unsigned') },
  'header names in capitals': {
    change: (request) => ({
      ...request,
      headers: request.headers.map(([name, value]) => [name.toUpperCase(), value]),
    }),
  },
  'more spaces in signed values': {
    change: (request) => ({
      ...request,
      headers: request.headers.map(([name, value]) =>
        /^authorization$/i.test(name) ? [name, value] : [name, value.replaceAll(' ', '   ')],
      ),
    }),
  },
  'spaces around values': {
    change: (request) => ({
      ...request,
      headers: request.headers.map(([name, value]) => [name, `  ${value} `]),
    }),
  },
  'a byte of the body changed': {
    change: (request, random) => {
      const body = Buffer.from(request.body)
      if (body.length === 0) return { ...request, body: Buffer.from('x') }
      const at = random.below(body.length)
      body[at] = (body[at] ?? 0) ^ (1 << random.below(8))
      return { ...request, body }
    },
  },
  'a body with more behind it': {
    change: (request) => ({ ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) }),
  },
  'a body cut': {
    change: ({ body, ...request }) => ({
      ...request,
      body: body.length === 0 ? Buffer.from('{') : body.subarray(0, -1),
    }),
  },
  'another path': { change: (request) => ({ ...request, target: '/x' }) },
  'a query': {
    change: (request) => ({ ...request, target: '/?Action=ListTables' }),
    stricter: "a query that nobody signed: Keystone does not look at a POST's",
  },
  'another host': { change: (request) => withHeader(request, 'host', 'evil.example.org') },
  'a date one second later': {
    change: (request) =>
      changedHeader(request, 'x-amz-date', (date) =>
        date.replace(/\d\dZ$/, (end) => (end === '59Z' ? '58Z' : '59Z')),
      ),
  },
  'no date': { change: (request) => withoutHeader(request, 'x-amz-date') },
  'two dates': {
    change: (request) => withMore(request, 'X-Amz-Date', header(request, 'x-amz-date')),
  },
  'a session token': {
    change: (request) => withMore(request, 'X-Amz-Security-Token', 'of no session'),
    stricter: 'a session token, which Keystone has none of and does not look at',
  },
  'a token beside the signature': {
    change: (request) => withMore(request, 'X-Auth-Token', 'garbage'),
    stricter: 'two callers in one request: Keystone is not told of the other one',
  },
  'a hash that is not of the body': {
    change: (request) =>
      withMore(
        withoutHeader(request, 'x-amz-content-sha256'),
        'X-Amz-Content-SHA256',
        'UNSIGNED-PAYLOAD',
      ),
    stricter: 'a wrong hash of the body: Keystone looks only at the one that we compute',
  },
}

const OF_THE_AUTHORIZATION: Readonly<Record<string, Mutation>> = {
  'another region': { change: authorization((text) => text.replace(/(\/\d{8}\/)/, '$1x')) },
  'another service': { change: authorization((text) => text.replace('/dynamodb/', '/s3/')) },
  'another terminator': { change: authorization((text) => text.replace('4_request', '5_request')) },
  'another day': { change: authorization((text) => text.replace(/\/\d{8}\//, '/20200101/')) },
  'an unknown key': {
    change: authorization((text) => otherDigit(text, text.indexOf('Credential=') + 15)),
  },
  "another caller's key": {
    change: (request, _, { other }) =>
      changedHeader(request, 'authorization', (text) =>
        text.replace(/Credential=[^/]*/, `Credential=${other.access}`),
      ),
  },
  'a digit of the signature changed': {
    change: (request, random) =>
      changedHeader(request, 'authorization', (text) =>
        otherDigit(text, text.length - 1 - random.below(64)),
      ),
  },
  'a signature in capitals': {
    change: authorization((text) => text.replace(/[^=]*$/, (digits) => digits.toUpperCase())),
  },
  'a signature cut': { change: authorization((text) => text.slice(0, -1)) },
  'parts in another order': {
    change: authorization((text) => `AWS4-HMAC-SHA256 ${parts(text).reverse().join(', ')}`),
  },
  'no spaces between parts': { change: authorization((text) => text.replaceAll(', ', ',')) },
  'more spaces between parts': { change: authorization((text) => text.replaceAll(', ', ',    ')) },
  'the algorithm in lower case': {
    change: authorization((text) => text.replace('AWS4-HMAC-SHA256', 'aws4-hmac-sha256')),
  },
  'a part in lower case': {
    change: authorization((text) => text.replace('Credential', 'credential')),
  },
  'signed headers in capitals': {
    change: authorization((text) => text.replace('host', 'Host')),
  },
  'a signed header not named': {
    change: authorization((text) => text.replace('content-type;', '')),
  },
  'a part twice': {
    change: authorization((text) => `${text}, ${parts(text)[2]}`),
    stricter: 'a part twice, of which Keystone takes the first',
  },
  'an unknown part': {
    change: authorization((text) => `${text}, Other=1`),
    stricter: 'a part that means nothing, which Keystone does not look at',
  },
}

export const ALTERATIONS = { ...OF_THE_REQUEST, ...OF_THE_AUTHORIZATION }
