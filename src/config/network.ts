import { isIP } from 'node:net'
import type { ValueType } from './value-type.ts'

const BITS: Readonly<Record<number, number>> = { 4: 32, 6: 128 }

/** An address, or a network such as `10.0.0.0/8`. The value is ADDRESS/BITS. */
export function network(): ValueType<string> {
  return {
    name: 'network value',
    expected: 'an IP address, or a network such as 10.0.0.0/8',
    sampleLines: [],
    parse: (text) => {
      const [, address = '', digits] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? []
      const bitsMax = BITS[isIP(address)]
      const bits = digits === undefined ? bitsMax : Number(digits)
      if (bitsMax === undefined || bits === undefined || bits > bitsMax) return undefined
      return `${address}/${bits}`
    },
    format: (value) => value,
  }
}
