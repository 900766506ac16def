import type { Path, Step } from './path.ts'

/** Paths as a tree of their steps, with a value at the end of each path. No path is the beginning
 * of another. */
export interface PathTree<End> {
  end?: End
  readonly parts: Map<Step, PathTree<End>>
}

/** One tree per attribute. */
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
