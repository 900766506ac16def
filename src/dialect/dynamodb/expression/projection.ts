import type { Path } from '../../../expression/path.ts'
import type { PathNode } from './nodes.ts'
import { boundPath, DistinctPaths } from './paths.ts'
import type { Placeholders } from './placeholders.ts'
import type { ExpressionReader } from './reader.ts'

const KIND = 'ProjectionExpression'

/** Reads a projection such as `a, b.c[0], #d`. */
export function readProjection(reader: ExpressionReader): readonly PathNode[] {
  const paths = [reader.takePath()]
  while (reader.isSymbol(',')) {
    reader.take()
    paths.push(reader.takePath())
  }
  return paths
}

/** Of several names that are not defined the last path's is told. @throws MagnetoDBError */
export function boundProjection(
  nodes: readonly PathNode[],
  placeholders: Placeholders,
): readonly Path[] {
  const backwards = [...nodes].reverse()
  const paths = backwards.map((node) => boundPath(node, KIND, placeholders)).reverse()
  const distinct = new DistinctPaths(KIND)
  for (const path of paths) distinct.add(path)
  return paths
}
