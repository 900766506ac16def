const DYNAMODB = 'dynamodb:'

/**
 * The target and the headers by which the service finds the operation.
 *
 * @param path in v1's API the part after the project, such as `tables/thread/put_item`; in
 *   DynamoDB's API the operation, such as `dynamodb:PutItem`
 */
export function apiAddress(
  path: string,
  { token, projectId }: { readonly token: string; readonly projectId: string },
) {
  const isDynamoDb = path.startsWith(DYNAMODB)
  const type = isDynamoDb ? 'application/x-amz-json-1.0' : 'application/json'
  const headers = { 'X-Auth-Token': token, 'Content-Type': type }
  if (!isDynamoDb) return { target: `/v1/data/${projectId}/${path}`, headers }
  const operation = `DynamoDB_20120810.${path.slice(DYNAMODB.length)}`
  return { target: '/', headers: { ...headers, 'X-Amz-Target': operation } }
}
