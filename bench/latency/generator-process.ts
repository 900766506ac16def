/** Sends the loads, one after another, as its parent asks. */
import { requestText } from '../request-text.ts'
import { drive, type Load } from './drive.ts'
import { figuresOf } from './figures.ts'
import { kindsOf } from './kinds.ts'

/** An order of the parent. The answer is `Figures`. */
export interface Order {
  readonly url: string
  readonly projectId: string
  readonly token: string
  readonly kind: string
  /** The number of its first request. */
  readonly first: number
  readonly load: Load
}

process.on('message', async ({ url, projectId, token, kind, first, load }: Order) => {
  const found = kindsOf(projectId, token).find(({ name }) => name === kind)
  if (!found) throw new Error(`there is no kind ${kind}`)
  const text = (index: number) => requestText(found.request(first + index))
  process.send?.(figuresOf(await drive(url, text, load)))
})
process.on('disconnect', () => process.exit())
