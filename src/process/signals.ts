/**
 * Signals on which the service drains. SIGXCPU comes when the CPU time that a process may use
 * (ulimit -t) is nearly over, SIGPWR when the machine is about to lose its power.
 */
export const DRAIN_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGXCPU', 'SIGPWR'] as const

/** Those on which a worker drains by itself. */
export const WORKER_DRAIN_SIGNALS = ['SIGTERM', 'SIGXCPU'] as const

/** To a worker they mean nothing: they reach every process of a terminal or of a unit, and the
 * primary says what is to be done. */
const PRIMARY_SIGNALS = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGPWR'] as const

/** By default SIGUSR1 opens the debugger of Node.js to everybody on the machine, and each of the
 * others ends the process without a line. */
const UNUSED_SIGNALS = [
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGPROF',
  'SIGSTKFLT',
  'SIGIO',
] as const

/** To be called as early as can be. */
export function ignoreUnusedSignals(): void {
  ignore(UNUSED_SIGNALS)
}

export function leaveSignalsToPrimary(): void {
  ignore(PRIMARY_SIGNALS)
}

function ignore(signals: readonly NodeJS.Signals[]): void {
  for (const signal of signals) process.on(signal, () => {})
}
