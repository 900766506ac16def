/** Where DynamoDB Local is known to differ from DynamoDB, whose documentation decides. */
import type { Request } from './requests.ts'
import type { Answer } from './service.ts'

export interface Explanation {
  readonly name: string
  /** Where DynamoDB's own behaviour is described. */
  readonly source: string
  explains(request: Request, theirs: Answer, ours: Answer): boolean
}

export const EXPLANATIONS: readonly Explanation[] = []
