import { readdirSync } from 'node:fs'
import type { Figure } from './figure.ts'

const FOLDER = new URL('./figures/', import.meta.url)

/** What the files of the folder export, in the order of their names. */
export async function allFigures(): Promise<readonly Figure[]> {
  const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  const files = names.filter((name) => name.endsWith('.js')).sort()
  const modules = files.map(async (name): Promise<object> => import(new URL(name, FOLDER).href))
  const exported = (await Promise.all(modules)).flatMap((module) => Object.values(module))
  return exported.filter((each): each is Figure => 'measure' in each)
}
