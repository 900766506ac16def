import type { ScalarType } from '../../../src/model/attribute-value.ts'
import { readJson } from '../../stack/project.ts'

export type ScalarText = readonly [type: ScalarType, value: string]

/**
 * Stored bytes of keys, in hexadecimal (docs/adr/0002-formats.md). Databases contain these bytes,
 * so never change a vector, only add some. Binaries are hexadecimal; numbers may have any notation.
 */
export const KEY_VECTORS: {
  readonly values: readonly (readonly [...ScalarText, string])[]
  /** The sorts of items by range key; null for a table without range key. */
  readonly itemSorts: readonly (readonly [ScalarText | null, string])[]
  /** Index number, index range, base range. */
  readonly entrySorts: readonly (readonly [number, ScalarText, ScalarText, string])[]
} = readJson('test/engine/format/key-vectors.json')
