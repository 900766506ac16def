import type { Path } from '../../../expression/path.ts'
import { shortened } from '../shortened.ts'
import type { PathNode } from './nodes.ts'
import type { Placeholders } from './placeholders.ts'
import { type ExpressionKind, invalidExpression } from './reader.ts'

/** Binds and notes a path. */
export function boundPath(node: PathNode, kind: ExpressionKind, names: Placeholders): Path {
  const attribute = names.name(kind, node.head)
  const steps = node.steps.map((step) => (typeof step === 'string' ? names.name(kind, step) : step))
  const path = { attribute, steps }
  names.note(kind, path)
  return path
}

/** `[a, b, [0]]`. Names are cut, because long ones may occur many times. */
export function shownPath({ attribute, steps }: Path): string {
  const texts = steps.map((step) => (typeof step === 'number' ? `[${step}]` : shortened(step)))
  return shortened(`[${[shortened(attribute), ...texts].join(', ')}]`)
}

export function isSamePath(a: Path, b: Path): boolean {
  return (
    a.attribute === b.attribute &&
    a.steps.length === b.steps.length &&
    a.steps.every((step, i) => step === b.steps[i])
  )
}

/** A place on paths seen so far, and the places below it. */
interface Place {
  path: Path | undefined
  kind: 'name' | 'index' | undefined
  readonly parts: Map<string | number, Place>
}

/** Paths that must not overlap. */
export class DistinctPaths {
  readonly #kind: ExpressionKind
  readonly #root: Place = newPlace()

  constructor(kind: ExpressionKind) {
    this.#kind = kind
  }

  /** @throws MagnetoDBError if the path overlaps or conflicts with one added before */
  add(path: Path): void {
    let place = this.#root
    for (const step of [path.attribute, ...path.steps]) {
      if (place.path) throw this.#clash('overlap', place.path, path)
      const kind = typeof step === 'number' ? 'index' : 'name'
      if (place.kind !== undefined && place.kind !== kind) {
        throw this.#clash('conflict', firstPath(place), path)
      }
      place.kind = kind
      const part = place.parts.get(step) ?? newPlace()
      place.parts.set(step, part)
      place = part
    }
    if (place.path || place.parts.size > 0) throw this.#clash('overlap', firstPath(place), path)
    place.path = path
  }

  #clash(how: 'overlap' | 'conflict', one: Path, two: Path) {
    return invalidExpression(
      this.#kind,
      `Two document paths ${how} with each other; must remove or rewrite one of these paths; ` +
        `path one: ${shownPath(one)}, path two: ${shownPath(two)}`,
    )
  }
}

function newPlace(): Place {
  return { path: undefined, kind: undefined, parts: new Map() }
}

/** A path through the place. Every place except the root has one. */
function firstPath(place: Place): Path {
  let found = place
  while (!found.path) found = found.parts.values().next().value as Place
  return found.path
}
