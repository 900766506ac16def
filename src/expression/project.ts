import type { AttributeValue, Item } from '../model/attribute-value.ts'
import { type Path, partAt, type Step } from './path.ts'
import { PathForest, type PathTree } from './path-tree.ts'

/** Selects the parts of an item at certain paths. */
export type Projection = (item: Item) => Item

/**
 * Selects the parts at the paths, in the paths' order, within the maps and lists around them: `a.b`
 * of `{a: {b, c}, d}` is `{a: {b}}`. Selected elements of a list keep its order, without gaps.
 */
export function projection(paths: readonly Path[]): Projection {
  const forest = new PathForest<true>()
  for (const path of paths) forest.add(path, true)
  return (item) => {
    const shown = new Map<string, AttributeValue>()
    for (const [attribute, tree] of forest.trees) {
      const value = item.get(attribute)
      const part = value && projected(value, tree)
      if (part) shown.set(attribute, part)
    }
    return shown
  }
}

/** The recursion is as deep as the value at most. */
function projected(value: AttributeValue, { end, parts }: PathTree<true>): AttributeValue | null {
  if (end) return value
  const found: [Step, AttributeValue][] = []
  for (const [step, tree] of parts) {
    const part = partAt(value, step)
    const shown = part && projected(part, tree)
    if (shown) found.push([step, shown])
  }
  if (found.length === 0) return null
  if (value.type !== 'L') return { type: 'M', value: new Map(found as [string, AttributeValue][]) }
  found.sort(([a], [b]) => (a as number) - (b as number))
  return { type: 'L', value: found.map(([, element]) => element) }
}
