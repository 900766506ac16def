import { Hono } from 'hono'
import { checkPath } from '../endpoint.ts'
import type { HttpEnv } from '../fetch-exchange.ts'

/** What the catalog has as the address of the data API, with and without the project. */
const CATALOG_PATHS = ['/v1/data', '/v1/data/', '/v1/data/:project_id']

/** How the names of hosts begin that serve DynamoDB's API. */
const DYNAMODB_HOST = 'dynamodb.'

/**
 * The version documents of the OpenStack API guidelines, which clients read without a token to find
 * what a service speaks. There are no microversions, hence the two empty strings.
 */
function versionV1(self: string) {
  return {
    id: 'v1.0',
    status: 'CURRENT',
    min_version: '',
    version: '',
    links: [{ rel: 'self', href: self }],
  }
}

/**
 * `GET /`, `GET /v1`, and `GET` of where the catalog points. Clients append their project to the
 * link when the catalog's address ends with it (keystoneauth1, `EndpointData`), so the link of the
 * last is the address without one.
 */
export function versionPages(): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get('/', (c) => {
      const { exchange } = c.var
      const host = exchange.header('host') ?? ''
      // What asks DynamoDB whether it is there compares these words.
      if (host.startsWith(DYNAMODB_HOST)) return c.text(`healthy: ${host} `)
      return c.json({ versions: [versionV1(`${exchange.baseUrl}/v1/`)] })
    })
    .on('GET', ['/v1', '/v1/'], (c) =>
      c.json({ version: versionV1(`${c.var.exchange.baseUrl}/v1/`) }),
    )
    .on('GET', CATALOG_PATHS, (c) => {
      const { baseUrl, path } = c.var.exchange
      // No project has such a name.
      checkPath(path)
      return c.json({ version: versionV1(`${baseUrl}/v1/data/`) })
    })
}
