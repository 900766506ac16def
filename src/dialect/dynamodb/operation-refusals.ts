import type { Item } from '../../model/attribute-value.ts'
import type { MagnetoDBError } from '../../model/errors.ts'
import { andThen, type Stepped } from '../../model/steps.ts'
import { ConditionFailedError } from '../../operations/items/item-write.ts'
import { validationError } from '../invalid-request.ts'
import type { WriteShown } from './decode/write-parameters.ts'
import { shownItem } from './encode/shown-item.ts'
import { ItemConditionFailed } from './errors.ts'
import { KEY_MISMATCH, messageOf } from './messages.ts'
import { Refusal } from './refusal.ts'

/*
 * For some reasons DynamoDB's message depends on the operation.
 */

/** For operations with a key: every fault of the key has the same message. */
export function keyRefusal(error: MagnetoDBError, { key }: { readonly key: Item }): MagnetoDBError {
  const { reason } = error
  switch (reason.is) {
    case 'key_missing':
    case 'key_mismatch':
      return validationError(KEY_MISMATCH)
    case 'attribute_type':
      return key.has(reason.name) ? validationError(KEY_MISMATCH) : error
    default:
      return error
  }
}

/** For batches: the same for the keys of their items. */
export function batchRefusal(error: MagnetoDBError): MagnetoDBError {
  const { reason } = error
  const isKey = reason.is === 'key_missing' || reason.is === 'key_mismatch'
  const isTableKey = reason.is === 'attribute_type' && reason.index === undefined
  return isKey || isTableKey ? validationError(KEY_MISMATCH) : error
}

/** For operations on tables: the message names the missing table. */
export function tableRefusal(error: MagnetoDBError): MagnetoDBError {
  const { reason } = error
  if (reason.is !== 'table_not_found') return error
  const message = `${messageOf(reason)}: Table: ${reason.table} not found`
  return new Refusal('ResourceNotFoundException', message, reason)
}

/** For operations on tags. */
export function resourceRefusal(error: MagnetoDBError): MagnetoDBError {
  const { reason } = error
  if (reason.is !== 'table_not_found') return error
  const message = `Requested resource not found: ResourceArn: ${reason.table} not found`
  return new Refusal('ResourceNotFoundException', message, reason)
}

interface WriteCommand {
  readonly shown: WriteShown
}
type KeyedWrite = WriteCommand & { readonly key: Item }

/** For PutItem: with the item that failed the condition, if requested. */
export function putRefusal(
  error: MagnetoDBError,
  { shown }: WriteCommand,
): Stepped<MagnetoDBError> {
  if (!shown.oldOnFailure || !(error instanceof ConditionFailedError) || !error.old) return error
  return andThen(shownItem(error.old.encoded), (json) => new ItemConditionFailed(json))
}

export function deleteRefusal(error: MagnetoDBError, command: KeyedWrite): Stepped<MagnetoDBError> {
  return putRefusal(keyRefusal(error, command), command)
}

type Update = KeyedWrite & { readonly isLegacy: boolean }

export function updateRefusal(error: MagnetoDBError, command: Update): Stepped<MagnetoDBError> {
  const { is } = error.reason
  if (is === 'update_operand_type' && command.isLegacy) {
    return validationError('Type mismatch for attribute to update')
  }
  if (is === 'item_too_large' || is === 'item_json_too_large') {
    return validationError('Item size to update has exceeded the maximum allowed size')
  }
  return deleteRefusal(error, command)
}
