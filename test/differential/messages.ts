/** Error messages without details of the request: `path one: _, path two: _`. */

const PARTS: readonly (readonly [part: RegExp, put: string])[] = [
  [/Invalid \w+Expression/, 'Invalid _Expression'],
  [/token: ".*", near: ".*"/s, 'token: _, near: _'],
  [/; operator(?: or function)?: [^,;]+/, '; operator: _'],
  [/(operand type|operand|function|keyword|attribute name|attribute value|type): [^,;]+/g, '$1: _'],
  [/(keys|types): \{.*\}/, '$1: _'],
  [/path one: .*/, 'path one: _, path two: _'],
  [/for key [:#]\w+/, 'for key _'],
  [/(for the type|for the) \w+/, '$1 _'],
  [/ComparisonOperator \w+ is not valid for \w+/, 'ComparisonOperator _ is not valid for _'],
  [/index \S+ does not/, 'index _ does not'],
  [/\[.*\]/, '[_]'],
  [/\{.*\}/s, '{_}'],
  [/(Key|IndexName|Table): \S+/g, '$1: _'],
  [/element: \S+/, 'element: _'],
]

export function template(message: string): string {
  return PARTS.reduce((text, [part, put]) => text.replace(part, put), message)
}
