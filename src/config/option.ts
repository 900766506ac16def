import type { ValueType } from './value-type.ts'

interface Description {
  readonly help: string
  /** A secret's value is never shown. */
  readonly secret?: boolean
  /** Old names in the same section. A value under the proper name wins. */
  readonly deprecatedNames?: readonly string[]
  /** Re-read at SIGHUP. Other options need a restart. */
  readonly mutable?: boolean
  /** Shown in the sample instead of a default that depends on the machine. */
  readonly sampleDefault?: string
}

/** The declaration of one option: the only source of its name, type, default and help. */
export interface Option<T> extends Description {
  readonly type: ValueType<Exclude<T, undefined>>
  /** Undefined if the option may be unset, even by an empty value. */
  readonly defaultValue: T
}

/** The sections and options of a program, by name. */
export type OptionGroups = { readonly [section: string]: OptionGroup }

export interface OptionGroup {
  readonly help: string
  readonly options: { readonly [name: string]: Option<unknown> }
  /** Options of OpenStack's libraries that are accepted without effect, with the reason. */
  readonly unused?: { readonly [name: string]: string }
}

/** The values of a group: `{ readonly bind_port: number; … }`. */
export type InferOptions<G extends OptionGroup> = {
  readonly [Name in keyof G['options']]: G['options'][Name] extends Option<infer T> ? T : never
}

/** The values of all groups, by section: `{ readonly DEFAULT: { … }; … }`. */
export type InferGroups<Groups extends OptionGroups> = {
  readonly [Section in keyof Groups]: InferOptions<Groups[Section]>
}

/** Declares an option. If it has no `default`, its value is undefined until it is set. */
export function option<T>(
  type: ValueType<T>,
  spec: Description & { default: NoInfer<T> },
): Option<T>
export function option<T>(type: ValueType<T>, spec: Description): Option<T | undefined>
export function option<T>(
  type: ValueType<T>,
  { default: defaultValue, ...description }: Description & { default?: T },
): Option<T | undefined> {
  return { ...description, type: type as ValueType<Exclude<T, undefined>>, defaultValue }
}
