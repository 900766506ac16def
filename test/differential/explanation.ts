import type { Answer } from './peer.ts'
import type { Request } from './requests.ts'

/** A difference that is known, and who decides it. */
export interface Explanation {
  readonly name: string
  readonly operations: RegExp
  readonly source: string
  explains(request: Request, theirs: Answer, ours: Answer): boolean
}
