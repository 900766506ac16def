import { type Document, parseDocument, visit } from 'yaml'
import type { PolicyRule } from './enforcer.ts'
import type { RuleText } from './parser.ts'
import { PolicyError } from './policy-error.ts'

/**
 * Parses a policy file of oslo.policy: a YAML map of rule names to rules, or the same in JSON. YAML
 * is read in version 1.1, like PyYAML; of duplicate names the last counts. An empty file has no
 * rules. Rules must be text or lists: `null`, `false` and `{}`, with which oslo.policy allows
 * everything, are most likely mistakes.
 *
 * @param where the file's name, for messages
 * @throws PolicyError with a one-line message
 */
export function parsePolicyFile(text: string, where: string): readonly PolicyRule[] {
  const document = parseDocument(text, { version: '1.1', uniqueKeys: false })
  const [fault] = [...document.errors, ...document.warnings]
  if (fault !== undefined) throw new PolicyError(`${where}: ${firstLine(fault.message)}`)
  if (hasBareTag(document)) {
    throw new PolicyError(`${where}: the rule ! must be in quotes, or it is a tag of YAML`)
  }
  const content = contentOf(() => document.toJS({ mapAsMap: true }), where)
  if (content === null) return []
  if (!(content instanceof Map)) {
    throw new PolicyError(`${where}: it must be a map of rule names to rules`)
  }
  return Array.from(content, ([name, checkStr]: [unknown, unknown]) => {
    if (typeof name !== 'string') {
      throw new PolicyError(`${where}: the name '${String(name)}' of a rule must be text`)
    }
    if (!isRuleText(checkStr)) {
      throw new PolicyError(`${where}: ${name}: a rule must be text, or a list of lists of text`)
    }
    return { name, checkStr, where }
  })
}

/** In YAML, an unquoted `!` is a tag on an empty text. As a rule, that would allow everything. */
function hasBareTag(document: Document): boolean {
  let isFound = false
  visit(document, {
    Scalar(_key, { tag, type, value }) {
      isFound ||= tag !== undefined && type === 'PLAIN' && value === ''
    },
  })
  return isFound
}

/** Expands aliases. The library limits the size. */
function contentOf(read: () => unknown, where: string): unknown {
  try {
    return read()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new PolicyError(`${where}: ${firstLine(reason)}`, { cause: error })
  }
}

function isRuleText(value: unknown): value is RuleText {
  if (typeof value === 'string') return true
  return Array.isArray(value) && value.every((each) => isText(each) || isListOfText(each))
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText)
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.replace(/:$/, '') ?? ''
}
