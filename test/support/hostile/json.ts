import type { Seeded } from '../../seeded.ts'
import { HOSTILE_NAMES } from './values.ts'

const NAMES = [...HOSTILE_NAMES, '', 'a b', '"; DROP', '\u0000', 'é', 'a'.repeat(70_000)]
const PLAIN = [null, true, 0, -1, 1.5, 1e300, '', 'x', '1e400', [], [null], {}, { '': {} }]
const TAGS = ['S', 'N', 'B', 'SS', 'NS', 'BS', 'L', 'M', 'SNM', 'XX', ...HOSTILE_NAMES]

/** The same JSON with some parts replaced by anything, renamed or removed. */
export function spoilt(json: unknown, random: Seeded): unknown {
  if (random.below(12) === 0) return anything(random)
  if (Array.isArray(json)) return json.map((element) => spoilt(element, random))
  if (typeof json !== 'object' || json === null) return json
  const members = Object.entries(json).map(([name, value]) => {
    const renamed = random.below(20) === 0 ? random.pick(NAMES) : name
    return [renamed, spoilt(value, random)] as const
  })
  return Object.fromEntries(members.filter(() => random.below(30) > 0))
}

function anything(random: Seeded): unknown {
  const numbered = (length: number) => Array.from({ length }, (_, i) => `${i}`)
  const odd = [
    () => random.bytes(random.below(40)).toString('latin1'),
    () => Object.fromEntries([[random.pick(TAGS), anything(random)]]),
    () => numbered(random.below(2_000)),
    () => Object.fromEntries(numbered(random.below(500)).map((i) => [`a${i}`, Number(i)])),
    () => '9'.repeat(random.below(600)),
    () => 'x'.repeat(2 ** random.below(19)),
    () => JSON.parse(`${'['.repeat(70)}${']'.repeat(70)}`),
  ]
  return random.below(2) ? random.pick(odd)() : random.pick(PLAIN)
}

type Holder = { [name: string]: unknown }

/** A member of an object or an element of a list. */
export interface Place {
  readonly holder: Holder
  readonly name: string
}

const NUMBERS = [0, 1, -1, 2 ** 31, 2 ** 53, 1e21, 1.5, '2', '-0', '10001']

/** The same JSON with one change, mostly still well-formed: a part is copied from another place,
 * repeated, of another type, or missing. */
export function tweaked(json: unknown, random: Seeded): unknown {
  const root = { json: structuredClone(json) }
  const places = placesIn(root)
  const { holder, name } = random.pick(places)
  const value = Reflect.get(holder, name)
  const isArray = Array.isArray(holder)
  const changes = [
    () => (isArray ? holder.splice(Number(name), 1) : Reflect.deleteProperty(holder, name)),
    () => {
      const copy = structuredClone(value)
      if (isArray) holder.push(copy)
      else define(holder, random.pick(places).name, copy)
    },
    () => {
      const other = random.pick(places)
      define(holder, name, structuredClone(Reflect.get(other.holder, other.name)))
    },
    () => define(holder, name, random.pick(NUMBERS)),
    () => define(holder, name, typeof value === 'string' ? [value] : JSON.stringify(value)),
    () => define(holder, name, null),
    () => define(holder, name, Object.fromEntries([[random.pick(TAGS), value]])),
  ]
  random.pick(changes)()
  return root.json ?? null
}

/** By the name of each part: the text of the same JSON with another text in its place. */
export function* partsReplaced(json: unknown, text: string): Generator<readonly [string, string]> {
  const root = { json: structuredClone(json) }
  for (const { holder, name } of placesIn(root)) {
    const value = Reflect.get(holder, name)
    define(holder, name, PLACE)
    yield [name, JSON.stringify(root.json).replace(`"${PLACE}"`, () => text)]
    define(holder, name, value)
  }
}

const PLACE = 'the place of another text'

/** All members of all objects and lists in it. */
export function placesIn(root: Holder): Place[] {
  const places: Place[] = []
  const holders = [root]
  for (let holder = holders.pop(); holder !== undefined; holder = holders.pop()) {
    for (const [name, value] of Object.entries(holder)) {
      places.push({ holder, name })
      if (typeof value === 'object' && value !== null) holders.push(value as Holder)
    }
  }
  return places
}

/** Sets an own property, even one named `__proto__`. */
function define(holder: Holder, name: string, value: unknown): void {
  const descriptor = { value, configurable: true, enumerable: true, writable: true }
  const index = Array.isArray(holder) && !/^\d+$/.test(name) ? `${holder.length}` : name
  Object.defineProperty(holder, index, descriptor)
}

const LEXEMES = ['1e400', '-0', '1E5', '1.0', '99999999999999999999', '"\\ud800"', '"\\u0000"']
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/g

/** The same text with one name or value in a notation that no JSON writer uses. */
export function misspelt(text: string, random: Seeded): string {
  const tokens = [...text.matchAll(TOKENS)]
  if (tokens.length === 0) return text
  const { 0: token, index } = random.pick(tokens)
  const behind = text.slice(index + token.length)
  const spelling = random.below(4)
    ? random.pick(LEXEMES)
    : token.replace(/[a-z]/, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)
  return `${text.slice(0, index)}${spelling}${behind}`
}
