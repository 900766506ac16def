import { MagnetoDBError } from '../model/errors.ts'

const HOST = /^(?:[a-z0-9]|[a-z0-9][a-z0-9._-]{0,252}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i

/**
 * The base URL of links in answers, without trailing slash: the configured endpoint, else the
 * request's Host.
 *
 * @throws MagnetoDBError `host_malformed` if the Host is no name or address
 */
export function publicUrl(publicEndpoint: string | undefined, host = ''): string {
  if (publicEndpoint !== undefined) return publicEndpoint
  if (!HOST.test(host)) throw new MagnetoDBError({ is: 'host_malformed' })
  return `http://${host}`
}
