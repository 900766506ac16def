import type { AttributeValue } from '../../../model/attribute-value.ts'

const WORDS: Readonly<Record<string, string>> = {
  S: 'STRING',
  N: 'NUMBER',
  B: 'BINARY',
  BOOL: 'BOOLEAN',
  NULL: 'NULL',
  L: 'LIST',
  M: 'MAP',
}

/** What messages about ADD and DELETE call a type that is no set. */
export function typeWord(type: AttributeValue['type']): string {
  return WORDS[type] ?? type
}
