import type { Version } from '../driver.ts'

export const LANDMARK_DELETES = 128

/**
 * Whether a delete leaves a landmark: a place without a version instead of a tombstone. Readers see
 * no row there, but LIMIT counts it, so a read ends after a bounded number of deleted rows. See
 * docs/adr/0004-cassandra-layout.md.
 *
 * @param index the delete's place in the commit
 */
export function isLandmark(commit: Version, index: number): boolean {
  return (commit.readUInt16BE(0) + index) % LANDMARK_DELETES === 0
}
