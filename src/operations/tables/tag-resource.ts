import { changeTags, type Tags } from '../../engine/catalogue/table-tags.ts'
import { withTable } from '../../engine/catalogue/with-table.ts'
import type { Operation } from '../operation.ts'

export interface TagResource {
  readonly table: string
  readonly tags: Tags
}

/** An existing tag gets the new value. */
export const tagResource: Operation<TagResource, void> = {
  name: 'tag_resource',
  run: (engine, { table: name, tags }, context) =>
    withTable(engine, context, { name, writes: true }, (table) =>
      changeTags(context, table, (before) => new Map([...before, ...tags])),
    ),
}
