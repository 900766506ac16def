/**
 * A cache of downloads per user, outside the checkout, so that only the first run waits for them.
 * An entry is built in a separate folder and renamed when it is complete. So a killed run leaves no
 * entry that looks complete. If two concurrent runs build the same entry, one of the two is kept.
 */
import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

const UNFINISHED_SUFFIX = '.unfinished'
const UNFINISHED_AGE_MS_MAX = 24 * 3_600_000

export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(base, 'magnetodb-test')
}

/**
 * The folder of `name`, built by `build` if it does not exist. Its contents depend on the texts in
 * `ingredients`: other texts have another folder.
 */
export async function cached(
  name: string,
  ingredients: readonly string[],
  build: (folder: string) => Promise<void>,
): Promise<string> {
  const root = cacheFolder()
  const digest = createHash('sha256').update(JSON.stringify(ingredients)).digest('hex')
  const entry = join(root, `${name}-${digest.slice(0, 16)}`)
  if (existsSync(entry)) return entry
  await mkdir(root, { recursive: true })
  await removeAbandoned(root)
  const unfinished = join(root, `${name}-${randomUUID()}${UNFINISHED_SUFFIX}`)
  try {
    await mkdir(unfinished)
    await build(unfinished)
    await rename(unfinished, entry)
  } catch (error) {
    // Another run may have finished the same entry first.
    if (!existsSync(entry)) throw error
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return entry
}

async function removeAbandoned(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.endsWith(UNFINISHED_SUFFIX)) continue
    const path = join(root, name)
    const info = await stat(path).catch(() => undefined)
    if (info && Date.now() - info.mtimeMs > UNFINISHED_AGE_MS_MAX) {
      await rm(path, { recursive: true, force: true })
    }
  }
}
