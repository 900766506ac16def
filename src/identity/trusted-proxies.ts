import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

export class TrustedProxies {
  readonly #networks: BlockList | undefined

  /** @param networks `address/bits` each */
  constructor(networks: readonly string[]) {
    if (networks.length === 0) return
    this.#networks = new BlockList()
    for (const network of networks) {
      const [address = '', bits] = network.split('/')
      this.#networks.addSubnet(address, Number(bits), familyOf(address))
    }
  }

  /**
   * Finds the client. Each proxy appends its own client to `X-Forwarded-For`, and earlier entries
   * may be forged. So the client is the last address that is no trusted proxy.
   *
   * @param peer the other end of the connection
   */
  clientOf(peer: string | undefined, forwardedFor: string | undefined): string | undefined {
    let address = peer
    let rest = this.#networks === undefined ? '' : (forwardedFor ?? '')
    while (rest !== '' && address !== undefined && this.#includes(address)) {
      const comma = rest.lastIndexOf(',')
      const before = addressOf(rest.slice(comma + 1).trim())
      if (before === undefined) break
      address = before
      rest = rest.slice(0, Math.max(0, comma))
    }
    return address
  }

  #includes(address: string): boolean {
    const plain = address.split('%')[0] ?? ''
    return this.#networks?.check(plain, familyOf(plain)) ?? false
  }
}

/** Removes the port that some proxies add, and the brackets that IPv6 then has. */
function addressOf(text: string): string | undefined {
  if (isIP(text) !== 0) return text
  const [, v4 = '', v6 = ''] = /^(?:([\d.]+):\d{1,5}|\[([^\]]+)\](?::\d{1,5})?)$/.exec(text) ?? []
  if (isIPv4(v4)) return v4
  return isIPv6(v6) ? v6 : undefined
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}
