import { setTimeout as delay } from 'node:timers/promises'

/** Milliseconds between attempts of a lane without response. */
const PAUSE_MS = 50

/** Load that continues until `end` is called. */
export interface Load {
  hasFailed(): boolean
  /** Resolves when each lane has finished its current step. Rejects if one has failed. */
  end(): Promise<void>
}

/** Each lane does one step after another, and pauses after a step that returns false. */
export function startLoad<T>(lanes: readonly T[], step: (lane: T) => Promise<boolean>): Load {
  let isOver = false
  let hasFailed = false
  const all = Promise.all(
    lanes.map(async (lane) => {
      while (!isOver) if (!(await step(lane))) await delay(PAUSE_MS)
    }),
  )
  // end() rejects with it, whenever it is called.
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

/** Keeps the load up while `play` runs. */
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
