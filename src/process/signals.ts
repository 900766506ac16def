/** Signals that drain the service. SIGXCPU announces the end of the CPU time limit (ulimit -t),
 * SIGPWR a power failure. */
export const DRAIN_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGXCPU', 'SIGPWR'] as const

export const WORKER_DRAIN_SIGNALS = ['SIGTERM', 'SIGXCPU'] as const

/** Signals that workers ignore. They reach every process of a terminal or unit, and the primary
 * decides what to do. */
const PRIMARY_SIGNALS = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGPWR'] as const

/** By default SIGUSR1 opens Node's debugger to every user of the machine, and the others end the
 * process silently. */
const UNUSED_SIGNALS = [
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGPROF',
  'SIGSTKFLT',
  'SIGIO',
] as const

/** Call as early as possible. */
export function ignoreUnusedSignals(): void {
  ignore(UNUSED_SIGNALS)
}

export function leaveSignalsToPrimary(): void {
  ignore(PRIMARY_SIGNALS)
}

function ignore(signals: readonly NodeJS.Signals[]): void {
  for (const signal of signals) process.on(signal, () => {})
}
