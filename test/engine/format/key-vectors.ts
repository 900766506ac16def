import type { ScalarType } from '../../../src/model/attribute-value.ts'
import { readJson } from '../../stack/project.ts'

export type ScalarText = readonly [type: ScalarType, value: string]

/**
 * Stored bytes of keys, in hexadecimal (docs/adr/0002-formats.md). They are in databases: a vector
 * is never changed, only added. Binaries are hexadecimal, numbers any text of their value.
 */
export const KEY_VECTORS: {
  readonly values: readonly (readonly [...ScalarText, string])[]
  /** The sort of an item: its range key, or null where its table has none. */
  readonly itemSorts: readonly (readonly [ScalarText | null, string])[]
  /** Index number, index range, base range. */
  readonly entrySorts: readonly (readonly [number, ScalarText, ScalarText, string])[]
} = readJson('test/engine/format/key-vectors.json')
