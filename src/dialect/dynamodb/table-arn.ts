import { validationError } from '../invalid-request.ts'
import type { WireRequest } from '../wire.ts'
import { Refusal } from './refusal.ts'

/** `arn:aws:dynamodb:REGION:PROJECT:table/NAME` */
const ARN = /^arn:aws:dynamodb:[^:]*:([^:]+):table\/([a-zA-Z0-9_.-]{3,255})$/

export function tableArn(region: string, projectId: string, table: string): string {
  return `arn:aws:dynamodb:${region}:${projectId}:table/${table}`
}

/** @throws MagnetoDBError if the ARN names no table, or one of another project */
export function tableOfArn(arn: string, { context }: WireRequest): string {
  const [, projectId, table] = ARN.exec(arn) ?? []
  if (table === undefined) {
    throw validationError(`Invalid TableArn: Invalid ResourceArn provided as input ${arn}`)
  }
  if (projectId === context?.projectId) return table
  throw new Refusal(
    'AccessDeniedException',
    `The caller is not authorized to perform this operation on resource: ${arn}`,
    { is: 'other_project' },
  )
}
