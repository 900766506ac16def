import type { Projection } from '../../expression/project.ts'
import type { Steps } from '../../model/steps.ts'
import { type EncodedItem, encodeInSteps, readInSteps } from '../../model/typed-json.ts'

/** What is shown of an item; as it is stored, and not even parsed, when all of it is. */
export function* projectedItem(
  encoded: EncodedItem,
  shown: Projection | undefined,
): Steps<EncodedItem> {
  if (!shown) return encoded
  return yield* encodeInSteps(shown(yield* readInSteps(encoded.json)))
}
