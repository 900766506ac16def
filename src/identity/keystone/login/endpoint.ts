import type { KeystoneOptions } from '../options.ts'

/** One service of the catalog that came with the service's own token. */
export interface CatalogEntry {
  readonly type: string
  readonly endpoints: readonly CatalogEndpoint[]
}

export interface CatalogEndpoint {
  readonly interface: string
  readonly region: string | undefined
  readonly url: string
}

/**
 * Where tokens are validated: the override, else the catalog's identity endpoint of the configured
 * interface and region, else the URL that our own token came from. Ends in `/v3`.
 */
export function identityEndpoint(
  options: Pick<KeystoneOptions, 'authUrl' | 'endpointOverride' | 'interface' | 'regionName'>,
  catalog: readonly CatalogEntry[],
): string {
  if (options.endpointOverride !== undefined) return versionedUrl(options.endpointOverride)
  for (const entry of catalog) {
    if (entry.type !== 'identity') continue
    for (const endpoint of entry.endpoints) {
      const isHere = options.regionName === undefined || endpoint.region === options.regionName
      if (isHere && endpoint.interface === options.interface) return versionedUrl(endpoint.url)
    }
  }
  return versionedUrl(options.authUrl)
}

/** Catalogs and configurations name Keystone with `/v3`, with nothing, or still with `/v2.0`. */
export function versionedUrl(url: string): string {
  return `${url.replace(/\/+$/, '').replace(/\/v(?:2\.0|3)$/, '')}/v3`
}
