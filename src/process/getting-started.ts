/** Commands to paste in this order against a fresh service with noauth. The README uses the same
 * table and project. */
export function gettingStarted(url: string): string {
  const calls = [
    [
      'tables',
      '{"table_name": "thread", "attribute_definitions": [' +
        '{"attribute_name": "forum", "attribute_type": "S"},' +
        ' {"attribute_name": "subject", "attribute_type": "S"},' +
        ' {"attribute_name": "posted", "attribute_type": "N"}],' +
        ' "key_schema": [{"attribute_name": "forum", "key_type": "HASH"},' +
        ' {"attribute_name": "subject", "key_type": "RANGE"}],' +
        ' "local_secondary_indexes": [{"index_name": "by_time",' +
        ' "key_schema": [{"attribute_name": "forum", "key_type": "HASH"},' +
        ' {"attribute_name": "posted", "key_type": "RANGE"}],' +
        ' "projection": {"projection_type": "ALL"}}]}',
    ],
    [
      'tables/thread/put_item',
      '{"item": {"forum": {"S": "planets"}, "subject": {"S": "Mars"}, "posted": {"N": "1"}}}',
    ],
    ['tables/thread/get_item', '{"key": {"forum": {"S": "planets"}, "subject": {"S": "Mars"}}}'],
    [
      'tables/thread/query',
      '{"key_conditions": {"forum": {"comparison_operator": "EQ",' +
        ' "attribute_value_list": [{"S": "planets"}]}}}',
    ],
  ] as const
  const lines = calls.map(
    ([path, body]) =>
      `curl -sSw '\\n' ${url}/v1/data/demo/${path} -H 'X-Auth-Token: ann:demo' -d '${body}'\n`,
  )
  return `Try it:\n\n${lines.join('\n')}\n`
}
