import { readTags, type Tags } from '../../engine/catalogue/table-tags.ts'
import { withTable } from '../../engine/catalogue/with-table.ts'
import type { Operation } from '../operation.ts'

export interface ListTagsOfResource {
  readonly table: string
}

export interface ListTagsResult {
  readonly tags: Tags
}

export const listTagsOfResource: Operation<ListTagsOfResource, ListTagsResult> = {
  name: 'list_tags_of_resource',
  run: (engine, { table: name }, context) =>
    withTable(engine, context, { name }, async ({ definition }) => ({
      tags: await readTags(context, definition),
    })),
}
