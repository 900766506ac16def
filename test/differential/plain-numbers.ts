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
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const point = whole.length + Number(exponent)
  const digits = (whole + fraction)
    .padEnd(point, '0')
    .padStart(whole.length + fraction.length - point, '0')
  const at = point < 0 ? 0 : point
  const before = digits.slice(0, at).replace(/^0+/, '') || '0'
  const after = (point < 0 ? '0'.repeat(-point) + (whole + fraction) : digits.slice(at)).replace(
    /0+$/,
    '',
  )
  const number = after === '' ? before : `${before}.${after}`
  return sign === '-' && number !== '0' ? `-${number}` : number
}
