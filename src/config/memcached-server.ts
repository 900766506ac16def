import { isIPv6 } from 'node:net'
import { host, port, type ValueType } from './value-type.ts'

const PORT_DEFAULT = 11_211
const HOST = host()
const PORT = port()
const NAMED = /^(?:inet:)?([^:[\]]+)(?::(\d+))?$/
const IPV6 = /^(?:inet6:)?\[([0-9a-f:.]+)\](?::(\d+))?$/i
const SOCKET = /^(?:unix:)?(\/[^\s,]+)$/

/** A memcached server in python-memcached's notation, normalised to `HOST:PORT`, `[IPV6]:PORT` or
 * `unix:PATH`. */
export function memcachedServer(): ValueType<string> {
  return {
    name: 'memcached server',
    expected: 'HOST, HOST:PORT, [IPV6]:PORT or unix:PATH',
    sampleLines: [],
    parse: parseServer,
    format: (server) => server,
  }
}

function parseServer(text: string): string | undefined {
  const path = SOCKET.exec(text)?.[1]
  if (path !== undefined) return `unix:${path}`
  const [, address, addressPort] = IPV6.exec(text) ?? []
  if (address !== undefined) {
    return isIPv6(address) ? withPort(`[${address}]`, addressPort) : undefined
  }
  const [, name = '', namePort] = NAMED.exec(text) ?? []
  return HOST.parse(name) === undefined ? undefined : withPort(name, namePort)
}

function withPort(name: string, digits = String(PORT_DEFAULT)): string | undefined {
  const number = PORT.parse(digits)
  return number === undefined ? undefined : `${name}:${number}`
}
