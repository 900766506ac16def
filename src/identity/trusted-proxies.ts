import { BlockList, isIP } from 'node:net'

/** Tells who is behind our own proxies, and believes nobody else about that. */
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
   * Each proxy adds whom it was asked by at the end of `X-Forwarded-For`; what comes before may be
   * the client's invention. So the address is the last one that is not a proxy of ours.
   *
   * @param peer who is connected to us
   */
  clientOf(peer: string | undefined, forwardedFor: string | undefined): string | undefined {
    let address = peer
    let rest = this.#networks === undefined ? '' : (forwardedFor ?? '')
    while (rest !== '' && address !== undefined && this.#includes(address)) {
      const comma = rest.lastIndexOf(',')
      const before = rest.slice(comma + 1).trim()
      if (isIP(before) === 0) break
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

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}
