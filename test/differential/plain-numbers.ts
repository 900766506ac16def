import { Decimal } from 'decimal.js'

/** Writes numbers as DynamoDB does, in full and without leading or trailing zeros. DynamoDB Local
 * leaves numbers in lists and maps as they were sent, and writes large ones with an exponent. */
export function withPlainNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlainNumbers)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, each]) => {
    if (name === 'N' && typeof each === 'string') return [name, plainNumber(each)]
    if (name === 'NS' && Array.isArray(each)) return [name, each.map(plainNumber)]
    return [name, withPlainNumbers(each)]
  })
  return Object.fromEntries(members)
}

export function plainNumber(text: string): string {
  return new Decimal(text).toFixed()
}
