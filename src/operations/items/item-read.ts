import { select } from '../../engine/indexes/local-index.ts'
import type { Steps } from '../../model/steps.ts'
import { type EncodedItem, encodeInSteps, readInSteps } from '../../model/typed-json.ts'

/** The named attributes of an item; as it is stored, and not even parsed, when all are wanted. */
export function* projectedItem(
  encoded: EncodedItem,
  attributes: readonly string[] | undefined,
): Steps<EncodedItem> {
  if (!attributes) return encoded
  return yield* encodeInSteps(select(yield* readInSteps(encoded.json), attributes))
}
