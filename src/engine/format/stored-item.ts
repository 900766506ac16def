import type { Item } from '../../model/attribute-value.ts'
import type { Steps } from '../../model/steps.ts'
import { type EncodedItem, readInSteps, readItem } from '../../model/typed-json.ts'
import type { Row, Version } from '../../storage/driver.ts'
import { encodedItemOf } from './value-codec.ts'

/** An item read from storage, decoded on first use. */
export class StoredItem {
  readonly #row: Row
  #item: Item | undefined

  constructor(row: Row) {
    this.#row = row
  }

  get item(): Item {
    this.#item ??= readItem(this.encoded.json)
    return this.#item
  }

  /** Decodes in steps; afterwards `item` costs nothing. */
  *read(): Steps<Item> {
    this.#item ??= yield* readInSteps(this.encoded.json)
    return this.#item
  }

  get encoded(): EncodedItem {
    return encodedItemOf(this.#row.value)
  }

  /** The item's size, by which pages are cut. */
  get sizeBytes(): number {
    return this.#row.size
  }

  get version(): Version {
    return this.#row.version
  }

  /** Seconds since 1970; 0: never. */
  get expiresAt(): number {
    return this.#row.expiresAt
  }
}

export function isExpired(
  { expiresAt }: { readonly expiresAt: number },
  nowSeconds: number,
): boolean {
  return expiresAt !== 0 && expiresAt <= nowSeconds
}
