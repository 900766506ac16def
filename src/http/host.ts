import type { Socket } from 'node:net'
import { isIPv6 } from 'node:net'

/** RFC 3986, `host [":" port]`: a name, an IPv4 address, or an address in brackets. It may be empty. */
const HOST =
  /^(?:(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})*|\[[0-9a-f:.]+\]|\[v[0-9a-f]+\.[\w.~!$&'()*+,;=:-]+\])(?::[0-9]*)?$/i

/** Whether a Host header is well-formed, though it may be no host's. */
export function isHost(text: string): boolean {
  return HOST.test(text)
}

/** What a request without a Host is taken to name: where its connection has come to. */
export function ownHost({ localAddress = '', localPort }: Socket): string {
  const address = localAddress.replace(/^::ffff:(?=\d+\.)/, '')
  return `${isIPv6(address) ? `[${address}]` : address}:${localPort}`
}
