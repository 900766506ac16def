import type { KeystoneOptions } from '../options.ts'

/** One service in the catalog of the service's own token. */
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
 * The URL for validating tokens: the override, else the catalog's identity endpoint of the
 * configured interface and region, else `auth_url`. Ends in `/v3`.
 */
export function identityEndpoint(
  options: Pick<KeystoneOptions, 'auth_url' | 'endpoint_override' | 'interface' | 'region_name'>,
  catalog: readonly CatalogEntry[],
): string {
  if (options.endpoint_override !== undefined) return versionedUrl(options.endpoint_override)
  for (const entry of catalog) {
    if (entry.type !== 'identity') continue
    for (const endpoint of entry.endpoints) {
      const isHere = options.region_name === undefined || endpoint.region === options.region_name
      if (isHere && endpoint.interface === options.interface) return versionedUrl(endpoint.url)
    }
  }
  return versionedUrl(options.auth_url)
}

/** URLs of Keystone may end in `/v3`, in nothing, or still in `/v2.0`. */
export function versionedUrl(url: string): string {
  return `${url.replace(/\/+$/, '').replace(/\/v(?:2\.0|3)$/, '')}/v3`
}
