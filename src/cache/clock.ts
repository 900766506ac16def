/** Milliseconds. `wallMs` is compared with times that Keystone states; `monotonicMs`, which never
 * jumps, measures durations. */
export interface Clock {
  wallMs(): number
  monotonicMs(): number
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}
