/**
 * Commands that work when they are pasted, in this order, against a fresh service with noauth.
 * Their project is not the README's, whose table has the same name.
 */
export function gettingStarted(url: string): string {
  const calls = [
    [
      'tables',
      '{"table_name": "thread",' +
        ' "attribute_definitions": [{"attribute_name": "forum", "attribute_type": "S"},' +
        ' {"attribute_name": "subject", "attribute_type": "S"}],' +
        ' "key_schema": [{"attribute_name": "forum", "key_type": "HASH"},' +
        ' {"attribute_name": "subject", "key_type": "RANGE"}]}',
    ],
    [
      'tables/thread/put_item',
      '{"item": {"forum": {"S": "databases"}, "subject": {"S": "hello"}, "views": {"N": "1"}}}',
    ],
    ['tables/thread/get_item', '{"key": {"forum": {"S": "databases"}, "subject": {"S": "hello"}}}'],
    [
      'tables/thread/query',
      '{"key_conditions": {"forum": {"comparison_operator": "EQ",' +
        ' "attribute_value_list": [{"S": "databases"}]}}}',
    ],
  ] as const
  const lines = calls.map(
    ([path, body]) =>
      `curl -sS ${url}/v1/data/first/${path} -H 'X-Auth-Token: ann:first' -d '${body}'\n`,
  )
  return `Try it:\n\n${lines.join('\n')}\n`
}
