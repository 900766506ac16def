import { changeTags } from '../../engine/catalogue/table-tags.ts'
import { withTable } from '../../engine/catalogue/with-table.ts'
import type { Operation } from '../operation.ts'

export interface UntagResource {
  readonly table: string
  /** Keys of the tags to remove. Keys without a tag are ignored. */
  readonly keys: ReadonlySet<string>
}

export const untagResource: Operation<UntagResource, void> = {
  name: 'untag_resource',
  run: (engine, { table: name, keys }, context) =>
    withTable(engine, context, { name, writes: true }, (table) =>
      changeTags(
        context,
        table,
        (before) => new Map([...before].filter(([key]) => !keys.has(key))),
      ),
    ),
}
