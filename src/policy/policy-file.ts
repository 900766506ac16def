import { type Document, parseDocument, visit } from 'yaml'
import type { PolicyRule } from './enforcer.ts'
import type { RuleText } from './parser.ts'
import { PolicyError } from './policy-error.ts'

/**
 * Reads a policy file of oslo.policy: a YAML map of rule names to rules, or JSON, which YAML
 * includes. YAML is read in its version 1.1 as PyYAML does; of a name that comes twice the last
 * one counts. An empty file has no rules.
 *
 * A rule must be text or a list: oslo.policy takes `null`, `false` and `{}` for rules that allow
 * everything, and here they are most likely mistakes.
 *
 * @param where the file's name, for messages
 * @throws PolicyError with a message of one line
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

/** `!` without quotes tags an empty text, which would allow everything. */
function hasBareTag(document: Document): boolean {
  let isFound = false
  visit(document, {
    Scalar(_key, { tag, type, value }) {
      isFound ||= tag !== undefined && type === 'PLAIN' && value === ''
    },
  })
  return isFound
}

/** Aliases are followed only here, and the library bounds what they multiply to. */
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
