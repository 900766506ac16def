/** Both clocks: what Keystone dates is compared with the wall clock, what we time ourselves with
 * one that never jumps. Milliseconds. */
export interface Clock {
  wallMs(): number
  monotonicMs(): number
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
}
