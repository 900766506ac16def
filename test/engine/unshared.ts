import type { Work } from '../../src/engine/operation-context.ts'
import { finished } from '../../src/model/steps.ts'

/** Where nobody else has work to do. */
export const UNSHARED: Work = { finish: finished, turn: async () => {} }
