import type { Outcome } from './drive.ts'

/** Milliseconds below which a request counts as quick. */
const QUICK_MS = 10

/** The figures of an outcome. Times in milliseconds. */
export interface Figures {
  readonly sent: number
  readonly failed: number
  readonly failure?: string
  /** Successful requests per second. */
  readonly rate: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  /** The share of all requests, from 0 to 1, that succeed in less than 10 ms. */
  readonly quickShare: number
  /** The lateness that 99 of 100 requests do not exceed. It is part of their latency. */
  readonly latenessP99: number
}

export function figuresOf({ latencies, lateness, ...outcome }: Outcome): Figures {
  const { sent, failed, failure, seconds } = outcome
  const slowest = latencies.findIndex((latency) => latency >= QUICK_MS)
  const quick = slowest < 0 ? latencies.length : slowest
  return {
    sent,
    failed,
    ...(failure === undefined ? {} : { failure }),
    rate: rounded(latencies.length / seconds),
    p50: percentile(latencies, 50),
    p95: percentile(latencies, 95),
    p99: percentile(latencies, 99),
    max: percentile(latencies, 100),
    quickShare: Math.floor((quick / sent) * 1_000) / 1_000,
    latenessP99: percentile(lateness, 99),
  }
}

/** The smallest value that this percentage does not exceed; 0 if there are no values. */
function percentile(sorted: Float64Array, percent: number): number {
  return rounded(sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0)
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
