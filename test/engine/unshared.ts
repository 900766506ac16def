import type { Work } from '../../src/engine/operation-context.ts'
import { finished } from '../../src/model/steps.ts'

/** For operations that share the event loop with no other work. */
export const UNSHARED: Work = { finish: finished, turn: async () => {} }
