import type { Rung, Sample } from './rung.ts'

export interface Series {
  readonly rung: Rung
  /** One sample per round. */
  readonly samples: readonly Sample[]
}

export interface Ratio {
  readonly requestsPerSecond: number
  readonly cpu: number
}

/** The figures of a rung: medians over the rounds. Ratios are medians of the rounds' ratios. */
export interface Result {
  readonly operation: string
  readonly server: string
  readonly requestsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuUs: number
  readonly cpuUsMin: number
  readonly failed: number
  readonly unknown: number | undefined
  readonly toBare: Ratio | undefined
  readonly toDynalite: Ratio | undefined
}

export function resultsOf(all: readonly Series[]): Result[] {
  return all.map((series) => {
    const { rung, samples } = series
    const of = (figure: (sample: Sample) => number) => samples.map(figure)
    return {
      operation: rung.operation,
      server: rung.server.name,
      requestsPerSecond: median(of((sample) => sample.requestsPerSecond)),
      p50Ms: median(of((sample) => sample.p50Ms)),
      p99Ms: median(of((sample) => sample.p99Ms)),
      cpuUs: median(of((sample) => sample.cpuUs)),
      cpuUsMin: Math.min(...of((sample) => sample.cpuUs)),
      failed: sum(of((sample) => sample.failed)),
      unknown: rung.countsUnknown ? sum(of((sample) => sample.unknown)) : undefined,
      toBare: ratio(series, counterpart(all, series, 'bare')),
      toDynalite: ratio(series, counterpart(all, series, 'dynalite')),
    }
  })
}

/** What the CPU time per request is compared with, on the same engine. */
const COMPARED = [
  { server: 'dynamodb', base: 'lmdb', request: "through DynamoDB's API", other: 'through v1' },
  { server: 'signed', base: 'dynamodb', request: 'with a signature', other: 'with a token' },
]

export function comparisonLines(all: readonly Series[]): string[] {
  return all.flatMap((series) => {
    const { operation, server } = series.rung
    return COMPARED.filter((compared) => compared.server === server.name).flatMap(
      ({ base, request, other }) => {
        const found = ratio(series, counterpart(all, series, base))
        const times = found?.cpu.toFixed(2)
        return found ? [`${operation} ${request}: ${times} times the CPU time ${other}`] : []
      },
    )
  })
}

function counterpart(all: readonly Series[], { rung }: Series, name: string): Series | undefined {
  if (rung.server.name === name) return undefined
  return all.find(
    (other) => other.rung.operation === rung.operation && other.rung.server.name === name,
  )
}

function ratio({ samples }: Series, base: Series | undefined): Ratio | undefined {
  if (!base) return undefined
  const paired = (figure: (sample: Sample) => number) =>
    median(
      samples.flatMap((sample, round) => {
        const other = base.samples[round]
        return other ? [figure(sample) / figure(other)] : []
      }),
    )
  return {
    requestsPerSecond: paired((sample) => sample.requestsPerSecond),
    cpu: paired((sample) => sample.cpuUs),
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? Number.NaN
  return (low + high) / 2
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
