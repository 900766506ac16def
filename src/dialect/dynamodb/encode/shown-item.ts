import { andThen, mapInSteps, type Stepped, type Steps } from '../../../model/steps.ts'
import { type EncodedItem, encodeAsDocuments } from '../../../model/typed-json.ts'

/** The stored text, with v1's typed maps shown as M. */
export function shownItem(encoded: EncodedItem): Stepped<string> {
  if (!encoded.typedMaps) return encoded.json
  return andThen(encodeAsDocuments(encoded), ({ json }) => json)
}

export function shownItems(items: readonly EncodedItem[]): Stepped<string> {
  if (items.some(({ typedMaps }) => typedMaps)) return shownInSteps(items)
  let json = ''
  for (const item of items) json += json === '' ? item.json : `,${item.json}`
  return `[${json}]`
}

function* shownInSteps(items: readonly EncodedItem[]): Steps<string> {
  return `[${(yield* mapInSteps(items, shownItem)).join()}]`
}

/** `{"a":1,"b":2}`, without the members that are absent. */
export function object(members: Readonly<Record<string, string | undefined>>): string {
  let json = ''
  for (const name of Object.keys(members)) {
    const member = members[name]
    if (member !== undefined) json += `${json === '' ? '' : ','}${JSON.stringify(name)}:${member}`
  }
  return `{${json}}`
}
