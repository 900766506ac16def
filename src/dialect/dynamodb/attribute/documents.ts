import type { AttributeValue, Item } from '../../../model/attribute-value.ts'
import { STEP_ELEMENTS, type Steps } from '../../../model/steps.ts'
import { type EncodedItem, encodeInSteps, readInSteps } from '../../../model/typed-json.ts'
import { asDocument, isTypedMap } from '../../../model/typed-map.ts'

/** The text of an item with each of v1's typed maps as M, which is what clients know. */
export function* encodeAsDocuments(encoded: EncodedItem): Steps<string> {
  const item = yield* readInSteps(encoded.json)
  return (yield* encodeInSteps(yield* withDocuments(item))).json
}

function* withDocuments(members: Item): Steps<Item> {
  const shown = new Map<string, AttributeValue>()
  for (const [name, value] of members) {
    shown.set(name, yield* withDocument(value))
    if (shown.size % STEP_ELEMENTS === 0) yield
  }
  return shown
}

/** No deeper than items nest. */
function* withDocument(value: AttributeValue): Steps<AttributeValue> {
  if (isTypedMap(value)) return { type: 'M', value: asDocument(value) }
  if (value.type === 'M') return { type: 'M', value: yield* withDocuments(value.value) }
  if (value.type !== 'L') return value
  const elements: AttributeValue[] = []
  for (const element of value.value) {
    if (elements.push(yield* withDocument(element)) % STEP_ELEMENTS === 0) yield
  }
  return { type: 'L', value: elements }
}
