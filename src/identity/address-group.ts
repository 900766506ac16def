/** Reduces an IPv6 address to its /64 network, since one client can use every address of it. */
export function addressGroup(address: string | undefined): string {
  if (!address?.includes(':')) return address ?? ''
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (v4 !== undefined) return v4
  const [head = '', tail = ''] = (address.split('%')[0] ?? '').split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === '' ? [] : tail.split(':')
  const zeros = address.includes('::') ? Math.max(0, 8 - first.length - last.length) : 0
  return [...first, ...Array(zeros).fill('0'), ...last].slice(0, 4).join(':')
}
