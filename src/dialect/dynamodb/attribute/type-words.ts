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

/** Names of types in messages about ADD and DELETE. */
export function typeWord(type: AttributeValue['type']): string {
  return WORDS[type] ?? type
}
