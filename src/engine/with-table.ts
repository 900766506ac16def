import { MagnetoDBError } from '../model/errors.ts'
import { type ActiveTable, StaleDefinitionError } from './active-table.ts'
import type { Engine } from './engine.ts'
import type { OperationContext } from './operation-context.ts'

const STALE_ATTEMPTS_MAX = 3

/**
 * Runs `work` with the table's definition, and again with a newer one when a commit met it. A
 * request that has looked the definition up before gives it as `known`.
 */
export async function withTable<T>(
  { catalogue }: Pick<Engine, 'catalogue'>,
  context: OperationContext,
  name: string,
  work: (table: ActiveTable) => Promise<T>,
  known?: ActiveTable,
): Promise<T> {
  for (let attempt = 0; attempt < STALE_ATTEMPTS_MAX; attempt++) {
    const found = (attempt === 0 && known) || catalogue.active(context, name)
    const table = found instanceof Promise ? await found : found
    try {
      return await work(table)
    } catch (error) {
      if (!(error instanceof StaleDefinitionError)) throw error
      catalogue.forget(table)
    }
  }
  throw new MagnetoDBError('unavailable', `Table '${name}' is changing, try again`)
}
