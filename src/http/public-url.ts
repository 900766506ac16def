import { MagnetoDBError } from '../model/errors.ts'

const HOST = /^(?:[a-z0-9]|[a-z0-9][a-z0-9._-]{0,252}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i

/**
 * The start of every link in an answer, without a slash at its end: the configured endpoint, or
 * the Host of the request where none is configured.
 *
 * @throws MagnetoDBError `host_malformed` for a Host that is no host name or address
 */
export function publicUrl(publicEndpoint: string | undefined, host = ''): string {
  if (publicEndpoint !== undefined) return publicEndpoint
  if (!HOST.test(host)) throw new MagnetoDBError({ is: 'host_malformed' })
  return `http://${host}`
}
