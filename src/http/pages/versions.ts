import { Hono } from 'hono'
import type { HttpEnv } from '../fetch-exchange.ts'

/**
 * The version documents of the OpenStack API guidelines, which clients read without a token to find
 * what a service speaks. There are no microversions, hence the two empty strings.
 */
function versionV1(baseUrl: string) {
  return {
    id: 'v1.0',
    status: 'CURRENT',
    min_version: '',
    version: '',
    links: [{ rel: 'self', href: `${baseUrl}/v1/` }],
  }
}

/** `GET /` and `GET /v1` */
export function versionPages(): Hono<HttpEnv> {
  return new Hono<HttpEnv>()
    .get('/', (c) => c.json({ versions: [versionV1(c.var.exchange.baseUrl)] }))
    .on('GET', ['/v1', '/v1/'], (c) => c.json({ version: versionV1(c.var.exchange.baseUrl) }))
}
