import type { Placeholders } from './placeholders.ts'

const NAMES = ['s1', 'n1', 'b1', 'ss', 'l1', 'l2', 'm1', 'm2', 'x1', 'with.dot', 'p', 'r']

/** Usually paths of different attributes. */
export function projection(p: Placeholders): string {
  const c = p.chooser
  const distinct = () => c.some(NAMES, 1 + c.below(4)).map((name) => p.path(name))
  return c
    .choose('projection', {
      distinct: [40, distinct],
      'several of one': [7, () => [`${p.name('m1')}.a`, `m1.${p.name('b')}`, 'l1[1]', 'l1[0]']],
      'maybe overlapping': () => [p.path('l1'), p.path('m1'), p.path('m1')],
    })
    .join(c.pick([', ', ',']))
}
