import { isIPv6, type Socket } from 'node:net'

const NAME = /^(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})*(?::[0-9]*)?$/i
const ADDRESS_IN_BRACKETS = /^\[(?:[0-9a-f:.]+|v[0-9a-f]+\.[\w.~!$&'()*+,;=:-]+)\](?::[0-9]*)?$/i

/** Whether a Host header has the form `host [":" port]` of RFC 3986, which may be empty. */
export function isHost(text: string): boolean {
  return NAME.test(text) || ADDRESS_IN_BRACKETS.test(text)
}

/** The host of a request without Host: the local end of its connection. */
export function ownHost({ localAddress = '', localPort }: Socket): string {
  const address = localAddress.replace(/^::ffff:(?=\d+\.)/, '')
  return `${isIPv6(address) ? `[${address}]` : address}:${localPort}`
}
