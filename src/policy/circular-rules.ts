/**
 * @param references each rule's name with the names of the rules it refers to; all must exist
 * @returns the rules whose evaluation would not end: those in a cycle, or leading into one
 */
export function circularRules(
  references: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const referrers = new Map<string, string[]>()
  const openReferences = new Map<string, number>()
  for (const [name, referred] of references) {
    openReferences.set(name, referred.size)
    for (const other of referred) {
      const known = referrers.get(other)
      if (known === undefined) referrers.set(other, [name])
      else known.push(name)
    }
  }
  // Kahn's algorithm: rules without references first. Rules that it does not reach are circular.
  const ending = [...references.keys()].filter((name) => openReferences.get(name) === 0)
  for (const name of ending) {
    for (const referrer of referrers.get(name) ?? []) {
      const open = (openReferences.get(referrer) ?? 0) - 1
      openReferences.set(referrer, open)
      if (open === 0) ending.push(referrer)
    }
  }
  const reached = new Set(ending)
  return [...references.keys()].filter((name) => !reached.has(name))
}
