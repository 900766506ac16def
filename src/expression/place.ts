import type { AttributeValue, Item } from '../model/attribute-value.ts'
import { MagnetoDBError } from '../model/errors.ts'
import { asDocument, isTypedMap } from '../model/typed-map.ts'
import { type Path, type Step, valueAt } from './path.ts'
import type { PathTree } from './path-tree.ts'

/** The new value at a path; null removes it. */
export type Placed = AttributeValue | null

/** @throws MagnetoDBError `update_path_invalid` if the path's parent is absent, or is not a list or
 * map that can have the last step */
export function requirePlace(old: Item | null, { attribute, steps }: Path): void {
  const last = steps.at(-1)
  if (last === undefined) return
  const around = valueAt(old, { attribute, steps: steps.slice(0, -1) })
  const isPlace = around && (typeof last === 'number' ? around.type === 'L' : isMap(around))
  if (!isPlace) throw pathInvalid(attribute)
}

function isMap(value: AttributeValue): boolean {
  return value.type === 'M' || isTypedMap(value)
}

/**
 * The attribute's value with the new values in place. Copies only what changes. A typed map becomes
 * the M of `asDocument`. List indexes are those of the old list: removed elements leave no gap, and
 * elements placed beyond the end are appended in the order of their indexes.
 *
 * @throws MagnetoDBError `update_path_invalid`
 */
export function withPlaced(
  name: string,
  old: AttributeValue | undefined,
  { end, parts }: PathTree<Placed>,
): Placed {
  if (end !== undefined) return end
  if (old?.type === 'L') return { type: 'L', value: listWith(name, old.value, parts) }
  if (old?.type === 'M') return { type: 'M', value: mapWith(name, old.value, parts) }
  if (old && isTypedMap(old)) {
    return { type: 'M', value: mapWith(name, asDocument(old), parts) }
  }
  throw pathInvalid(name)
}

type Parts = ReadonlyMap<Step, PathTree<Placed>>

function mapWith(name: string, old: Item, parts: Parts): Item {
  const members = new Map(old)
  for (const [step, tree] of parts) {
    if (typeof step === 'number') throw pathInvalid(name)
    const placed = withPlaced(name, old.get(step), tree)
    if (placed) members.set(step, placed)
    else members.delete(step)
  }
  return members
}

function listWith(name: string, old: readonly AttributeValue[], parts: Parts): AttributeValue[] {
  const elements: Placed[] = [...old]
  for (const index of [...parts.keys()].sort((a, b) => Number(a) - Number(b))) {
    if (typeof index === 'string') throw pathInvalid(name)
    const placed = withPlaced(name, old[index], parts.get(index) as PathTree<Placed>)
    if (index < old.length) elements[index] = placed
    else elements.push(placed)
  }
  return elements.filter((element) => element !== null)
}

function pathInvalid(name: string): MagnetoDBError {
  return new MagnetoDBError({ is: 'update_path_invalid', name })
}
