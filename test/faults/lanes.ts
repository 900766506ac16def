import { setTimeout as delay } from 'node:timers/promises'

/** Between tries of a lane that nobody answers. */
const PAUSE_MS = 50

/** Load that goes on until it is told to end. */
export interface Load {
  hasFailed(): boolean
  /** Ends when each lane has finished what it was doing; fails when one has failed. */
  end(): Promise<void>
}

/** Each lane does one thing after the other; a step that returns false is followed by a pause. */
export function startLoad<T>(lanes: readonly T[], step: (lane: T) => Promise<boolean>): Load {
  let isOver = false
  let hasFailed = false
  const all = Promise.all(
    lanes.map(async (lane) => {
      while (!isOver) if (!(await step(lane))) await delay(PAUSE_MS)
    }),
  )
  // Heard by end(), whenever it is called.
  all.catch(() => {
    isOver = true
    hasFailed = true
  })
  return {
    hasFailed: () => hasFailed,
    async end() {
      isOver = true
      await all
    },
  }
}

/** The load goes on while `play` plays. */
export async function underLoad<T, R>(
  lanes: readonly T[],
  step: (lane: T) => Promise<boolean>,
  play: (load: Load) => Promise<R>,
): Promise<R> {
  const load = startLoad(lanes, step)
  try {
    return await play(load)
  } finally {
    await load.end()
  }
}
