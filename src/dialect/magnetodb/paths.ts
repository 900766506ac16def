import type { WireRequest } from '../wire.ts'

/** Where the data API begins. */
export const DATA_PATH = '/v1/data/:project_id'

/** The table that a path names; empty where it names none. */
export function pathTable(request: WireRequest): string {
  return request.param('table_name') ?? ''
}

/** The start of links to a project's tables. @throws MagnetoDBError `host_malformed` */
export function tablesUrl(request: WireRequest): string {
  const project = request.param('project_id') ?? ''
  return `${request.baseUrl}${DATA_PATH.replace(':project_id', project)}/tables`
}
