import { countedReads, countReads } from '../../live/cassandra-reads.ts'
import type { NextPage, WalkedPage } from '../../storage/page-walk.ts'

const PAGES_MAX = 1_000

countReads()

/**
 * Reads a partition, or a table, from one end to the other, page after page. `wanted` must be
 * found, and nothing else. `faults` is told of pages that fail or in which more than one read does,
 * of pages without end, and of rows that are missing or should not be there.
 */
export async function readPages(
  what: string,
  first: NextPage,
  wanted: readonly Buffer[],
  { pageMs, faults }: { readonly pageMs: number; readonly faults: string[] },
) {
  const found: string[] = []
  const since = performance.now()
  let [pages, reads, failedReads, slowestPageMs] = [0, 0, 0, 0]
  for (let next: NextPage | undefined = first; next; ) {
    const asked: NextPage = next
    const begun = performance.now()
    const read = { level: 'strong', deadline: begun + pageMs } as const
    const counted = await countedReads(() => asked(read).catch((error: Error) => error))
    const page: WalkedPage | Error = counted.result
    pages += 1
    reads += counted.all
    failedReads += counted.failed
    slowestPageMs = Math.max(slowestPageMs, Math.round(performance.now() - begun))
    const note = (fault: string) => faults.push(`${what}: page ${pages} ${fault}`)
    if (counted.failed > 1) note(`had ${counted.failed} failed reads`)
    if (page instanceof Error) note(`failed: ${page}`)
    else found.push(...hexOf(page.found))
    next = page instanceof Error ? undefined : page.next
    if (!next || pages < PAGES_MAX) continue
    note('is not the last')
    break
  }
  if (found.sort().join() !== hexOf(wanted).sort().join()) {
    faults.push(`${what}: found ${found.length} rows, not the ${wanted.length} live ones`)
  }
  const totalMs = Math.round(performance.now() - since)
  return { pages, reads, failedReads, slowestPageMs, totalMs }
}

function hexOf(keys: readonly Buffer[]): string[] {
  return keys.map((key) => key.toString('hex'))
}
