const DYNAMODB = 'dynamodb:'

/** The target and the headers by which the service finds the operation. */
export interface ApiAddress {
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * @param path in v1's API the part after the project, such as `tables/thread/put_item`; in
 *   DynamoDB's API the operation, such as `dynamodb:PutItem`
 */
export function apiAddress(
  path: string,
  { token, projectId }: { readonly token: string; readonly projectId: string },
): ApiAddress {
  const caller = { 'X-Auth-Token': token }
  if (!path.startsWith(DYNAMODB)) {
    const headers = { ...caller, 'Content-Type': 'application/json' }
    return { target: `/v1/data/${projectId}/${path}`, headers }
  }
  const operation = `DynamoDB_20120810.${path.slice(DYNAMODB.length)}`
  const headers = {
    ...caller,
    'Content-Type': 'application/x-amz-json-1.0',
    'X-Amz-Target': operation,
  }
  return { target: '/', headers }
}
