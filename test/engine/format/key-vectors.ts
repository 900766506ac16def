import type { ScalarType } from '../../../src/model/attribute-value.ts'

/**
 * Stored bytes of keys, in hexadecimal (docs/adr/0002-formats.md). They are in databases: a vector
 * is never changed, only added. Binaries are hexadecimal, numbers any text of their value.
 */
export type ScalarText = readonly [type: ScalarType, value: string]

export const KEY_VALUE_VECTORS: readonly (readonly [...ScalarText, string])[] = [
  ['S', 'a', '61'],
  ['S', 'é', 'c3a9'],
  ['S', '𐀀', 'f0908080'],
  ['S', 'a\u0000b', '610062'],
  ['B', '00', '00'],
  ['B', 'ff00ff', 'ff00ff'],
  ['N', '0', '80'],
  ['N', '1', 'c0820b'],
  ['N', '-1', '407df4ff'],
  ['N', '10', 'c0830b'],
  ['N', '-10', '407cf4ff'],
  ['N', '12', 'c0830d'],
  ['N', '123', 'c0840d1f'],
  ['N', '-123', '407bf2e0ff'],
  ['N', '1.5', 'c08210'],
  ['N', '0.5', 'c08133'],
  ['N', '-0.05', '407fccff'],
  ['N', '9.9e125', 'c0ff64'],
  ['N', '-9.9e125', '40009bff'],
  ['N', '1e-130', 'c0000b'],
  ['N', '-1e-130', '40fff4ff'],
  ['N', '1234567890123456789012345678901234567.8', 'c0a60d23394f5b0d23394f5b0d23394f5b0d23394f'],
  ['N', '-1234567890123456789012345678901234567.8', '4059f2dcc6b0a4f2dcc6b0a4f2dcc6b0a4f2dcc6b0ff'],
]

/** The sort of an item: its range key, if its table has one. */
export const ITEM_SORT_VECTORS: readonly (readonly [ScalarText | undefined, string])[] = [
  [undefined, '10'],
  [['S', 'a'], '1061'],
  [['B', '00ff'], '1000ff'],
  [['N', '-7'], '10407db8ff'],
]

/** Index number, index range, base range. */
export const ENTRY_SORT_VECTORS: readonly (readonly [number, ScalarText, ScalarText, string])[] = [
  [0, ['S', 'a'], ['S', 'b'], '200061000162'],
  [4, ['S', 'a\u0000b'], ['N', '7'], '20046100ff620001c08247'],
  [255, ['B', '0000'], ['B', '0001'], '20ff00ff00ff00010001'],
  [1, ['N', '1e-130'], ['S', '\u0000'], '2001c000ff0b000100'],
  [2, ['B', '00ff'], ['B', 'ff'], '200200ffff0001ff'],
  [3, ['N', '-7'], ['S', 'x'], '2003407db8ff000178'],
]
