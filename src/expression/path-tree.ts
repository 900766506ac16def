import type { Path, Step } from './path.ts'

/** Paths by their steps, with what belongs to the end of each. No path leads through the end of
 * another. */
export interface PathTree<End> {
  end?: End
  readonly parts: Map<Step, PathTree<End>>
}

/** Trees by attribute. */
export class PathForest<End> {
  readonly trees = new Map<string, PathTree<End>>()

  add({ attribute, steps }: Path, end: End): void {
    let tree = branch(this.trees, attribute)
    for (const step of steps) tree = branch(tree.parts, step)
    tree.end = end
  }
}

function branch<Key, End>(trees: Map<Key, PathTree<End>>, key: Key): PathTree<End> {
  let tree = trees.get(key)
  if (tree === undefined) {
    tree = { parts: new Map() }
    trees.set(key, tree)
  }
  return tree
}
