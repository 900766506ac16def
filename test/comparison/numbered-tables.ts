/** Loaded before a build (`node --import`). Its tables get consecutive ids instead of random ones,
 * because the order of a Scan depends on the table's id. */
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

const { randomUUID } = crypto
let tables = 0

crypto.randomUUID = (...args) => {
  if (!new Error().stack?.includes('create-table')) return randomUUID(...args)
  return `7ab1e000-0000-4000-8000-${String(++tables).padStart(12, '0')}`
}
syncBuiltinESMExports()
