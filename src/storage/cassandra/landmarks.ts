import type { Version } from '../driver.ts'

/** Deletes per landmark. */
export const LANDMARK_DELETES = 128

/**
 * Whether one delete of a commit leaves a landmark: a place without a version, not a tombstone.
 * It is no row to anybody, but LIMIT counts it, so a read that would have to pass any number of
 * deleted rows ends after some. See docs/adr/0004-cassandra-layout.md.
 *
 * @param index the delete's place in the commit
 */
export function isLandmark(commit: Version, index: number): boolean {
  return (commit.readUInt16BE(0) + index) % LANDMARK_DELETES === 0
}
