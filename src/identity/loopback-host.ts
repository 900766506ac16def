const LOOPBACK_HOST = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i

/**
 * Whether a Host header names a loopback address or `localhost`, with or without port. Without
 * authentication this protects a developer's browser from DNS rebinding: a web page whose name
 * resolves to 127.0.0.1 could otherwise use the service.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_HOST.test(host)
}
