const LOOPBACK_HOST = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i

/**
 * Whether a Host header names this machine by a loopback name or address, with or without a port.
 * Without credentials this is what keeps a web page, whose own name was made to resolve to
 * 127.0.0.1, from using a developer's browser to reach the service (DNS rebinding).
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_HOST.test(host)
}
