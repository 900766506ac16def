import type { Answer } from './peer.ts'
import type { Request } from './requests.ts'

/** A known difference, with the source that justifies it. */
export interface Explanation {
  readonly name: string
  readonly operations: RegExp
  readonly source: string
  explains(request: Request, theirs: Answer, ours: Answer): boolean
}
