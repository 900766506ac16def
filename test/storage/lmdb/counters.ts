/** Names of the rows that the writers of the kill-and-respawn test count on. */
import { text } from '../contract/table-fixture.ts'

export const TABLE = Buffer.alloc(16, 0x5a)
export const COUNTERS = 8
export const COUNTER = text('counter')
/** Written by the same commits as the counter, so always equal to it. */
export const SHADOW = text('shadow')
export const MAP_SIZE_BYTES = 256 * 1024 * 1024
