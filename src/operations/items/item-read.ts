import type { Projection } from '../../expression/project.ts'
import type { Steps } from '../../model/steps.ts'
import { type EncodedItem, encodeInSteps, readInSteps } from '../../model/typed-json.ts'

/** The projection of an item. Without one, the stored text is returned unparsed. */
export function* projectedItem(
  encoded: EncodedItem,
  shown: Projection | undefined,
): Steps<EncodedItem> {
  if (!shown) return encoded
  return yield* encodeInSteps(shown(yield* readInSteps(encoded.json)))
}
