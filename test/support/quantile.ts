/** The quantile of unsorted numbers; 0 if there are none. */
export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * values.length)] ?? 0
}

/** The 99th percentile as a whole number. */
export function p99(values: readonly number[]): number {
  return Math.round(quantile(values, 0.99))
}

/** To two decimal places. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
