/** Keeps the process alive when standard output or error is closed or full. */
export function outliveStandardStreams(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}
