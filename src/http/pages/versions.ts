import { Hono } from 'hono'
import { checkPath } from '../endpoint.ts'
import type { HttpEnv } from '../fetch-exchange.ts'

/** Addresses of the data API in the catalog, with and without project. */
const CATALOG_PATHS = ['/v1/data', '/v1/data/', '/v1/data/:project_id']

/** Prefix of the names of hosts that serve DynamoDB's API. */
const DYNAMODB_HOST = 'dynamodb.'

/** Version documents of the OpenStack API guidelines, which clients read without a token. The two
 * empty strings mean that there are no microversions. */
function versionV1(self: string) {
  return {
    id: 'v1.0',
    status: 'CURRENT',
    min_version: '',
    version: '',
    links: [{ rel: 'self', href: self }],
  }
}

/** `GET /`, `GET /v1` and `GET` of the catalog's address. If that ends with a project, clients
 * append theirs to the link (keystoneauth1, `EndpointData`), so the link has none. */
export function versionPages(): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get('/', (c) => {
      const { exchange } = c.var
      const host = exchange.header('host') ?? ''
      // Health checks of DynamoDB compare these words.
      if (host.startsWith(DYNAMODB_HOST)) return c.text(`healthy: ${host} `)
      return c.json({ versions: [versionV1(`${exchange.baseUrl}/v1/`)] })
    })
    .on('GET', ['/v1', '/v1/'], (c) =>
      c.json({ version: versionV1(`${c.var.exchange.baseUrl}/v1/`) }),
    )
    .on('GET', CATALOG_PATHS, (c) => {
      const { baseUrl, path } = c.var.exchange
      // Refuses what cannot be a project's name.
      checkPath(path)
      return c.json({ version: versionV1(`${baseUrl}/v1/data/`) })
    })
}
