import type { WireRequest } from '../wire.ts'

/** Path prefix of the data API. */
export const DATA_PATH = '/v1/data/:project_id'

/** The table in the path; empty if there is none. */
export function pathTable(request: WireRequest): string {
  return request.param('table_name') ?? ''
}

/** The base of links to a project's tables. @throws MagnetoDBError `host_malformed` */
export function tablesUrl(request: WireRequest): string {
  const project = request.param('project_id') ?? ''
  return `${request.baseUrl}${DATA_PATH.replace(':project_id', project)}/tables`
}
