import type { Steps } from './steps.ts'

/** Values and characters parsed in one step. */
const STEP_VALUES = 2_048
const STEP_CHARS = 128 * 1024

/** The text is not JSON. `index` is that of the first wrong character. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError'
  readonly index: number

  constructor(index: number) {
    super(`no JSON at position ${index}`)
    this.index = index
  }
}

export interface ParsedInSteps {
  readonly value: unknown
  /** Whether any object has a repeated name. */
  readonly isNameRepeated: boolean
}

export interface JsonStepsOptions {
  /** Converts the text of a number. */
  numberOf(text: string): unknown
  /** Called for an object with more than `namesMax` names. Must throw. */
  refuseNames(): never
  readonly namesMax: number
}

/**
 * Like `JSON.parse`, but in steps, and in a time that depends only on the text's length:
 * `JSON.parse` takes ten times as long if objects share no names. Objects have no prototype.
 *
 * @throws JsonSyntaxError
 */
export function* parseInSteps(text: string, options: JsonStepsOptions): Steps<ParsedInSteps> {
  const parser = new Parser(text, options)
  do {
    yield
  } while (!parser.advance())
  return { value: parser.value, isNameRepeated: parser.isNameRepeated }
}

type Members = Record<string, unknown>

/** An array or object that has not ended yet. */
interface Open {
  readonly list: unknown[] | undefined
  readonly members: Members | undefined
  /** The name of the member whose value comes next. */
  name: string
  names: number
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const LITERALS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const

class Parser {
  value: unknown
  isNameRepeated = false
  readonly #text: string
  readonly #options: JsonStepsOptions
  readonly #outer: Open[] = []
  #open: Open | undefined
  #at = 0
  #isOver = false

  constructor(text: string, options: JsonStepsOptions) {
    this.#text = text
    this.#options = options
  }

  /** Parses one step's share. @returns whether the text is at its end */
  advance(): boolean {
    const end = this.#at + STEP_CHARS
    for (let i = 0; i < STEP_VALUES && this.#at < end && !this.#isOver; i++) this.#takeValue()
    return this.#isOver
  }

  /** Parses a scalar or the start of a collection, and what follows up to the next value. */
  #takeValue(): void {
    const code = this.#skipSpace()
    if (code === 0x7b /* { */) {
      this.#at++
      this.#enter({ list: undefined, members: Object.create(null), name: '', names: 0 })
      if (this.#skipSpace() === 0x7d /* } */) this.#leave()
      else this.#takeName()
    } else if (code === 0x5b /* [ */) {
      this.#at++
      this.#enter({ list: [], members: undefined, name: '', names: 0 })
      if (this.#skipSpace() === 0x5d /* ] */) this.#leave()
    } else this.#put(code === 0x22 /* " */ ? this.#takeString() : this.#takeAtom(code))
  }

  #enter(open: Open): void {
    if (this.#open) this.#outer.push(this.#open)
    this.#open = open
  }

  /** Ends the current collection, and adds it to the one around it. */
  #leave(): void {
    this.#at++
    const value = this.#open?.list ?? this.#open?.members
    this.#open = this.#outer.pop()
    this.#put(value)
  }

  #put(value: unknown): void {
    const open = this.#open
    if (open === undefined) {
      this.value = value
      if (!Number.isNaN(this.#skipSpace())) throw this.#malformed()
      this.#isOver = true
      return
    }
    if (open.list) open.list.push(value)
    else if (open.members) this.#putMember(open, open.members, value)
    const code = this.#skipSpace()
    if (code === 0x2c /* , */) {
      this.#at++
      if (open.members) this.#takeName()
    } else if (code === (open.list ? 0x5d : 0x7d)) this.#leave()
    else throw this.#malformed()
  }

  #putMember(open: Open, members: Members, value: unknown): void {
    if (open.name in members) this.isNameRepeated = true
    members[open.name] = value
    if (++open.names > this.#options.namesMax) this.#options.refuseNames()
  }

  #takeName(): void {
    if (this.#skipSpace() !== 0x22) throw this.#malformed()
    const name = this.#takeString()
    if (this.#open) this.#open.name = name
    if (this.#skipSpace() !== 0x3a /* : */) throw this.#malformed()
    this.#at++
  }

  #takeString(): string {
    const start = this.#at
    const text = this.#text
    let isPlain = true
    for (let i = start + 1; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code === 0x22) {
        this.#at = i + 1
        return isPlain ? text.slice(start + 1, i) : this.#unescaped(start, i + 1)
      }
      if (code < 0x20) break
      if (code === 0x5c /* \ */) {
        isPlain = false
        i++
      }
    }
    throw this.#malformed()
  }

  #unescaped(start: number, end: number): string {
    try {
      return JSON.parse(this.#text.slice(start, end)) as string
    } catch {
      throw new JsonSyntaxError(start)
    }
  }

  #takeAtom(code: number): unknown {
    if (code === 0x2d /* - */ || (code >= 0x30 && code <= 0x39)) {
      NUMBER.lastIndex = this.#at
      const [number] = NUMBER.exec(this.#text) ?? []
      if (number === undefined) throw this.#malformed()
      this.#at += number.length
      return this.#options.numberOf(number)
    }
    for (const [literal, value] of LITERALS) {
      if (!this.#text.startsWith(literal, this.#at)) continue
      this.#at += literal.length
      return value
    }
    throw this.#malformed()
  }

  /** The code of the next character that is not white space; NaN at the end. */
  #skipSpace(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code
      this.#at++
    }
  }

  #malformed(): JsonSyntaxError {
    return new JsonSyntaxError(this.#at)
  }
}
