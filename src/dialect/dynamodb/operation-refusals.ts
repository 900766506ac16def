import type { Item } from '../../model/attribute-value.ts'
import type { MagnetoDBError } from '../../model/errors.ts'
import { finished } from '../../model/steps.ts'
import { ConditionFailedError } from '../../operations/items/item-write.ts'
import { validationError } from '../invalid-request.ts'
import type { WriteShown } from './decode/write-parameters.ts'
import { shownItem } from './encode/shown-item.ts'
import { ItemConditionFailed } from './errors.ts'
import { KEY_MISMATCH, messageOf } from './messages.ts'
import { Refusal } from './refusal.ts'

/*
 * One reason has several sentences where it depends on the operation which one DynamoDB says.
 */

/** Of operations that are given a key: whatever is wrong with it, it is not the table's. */
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

/** Of batches, whose items have keys of which the same is said. */
export function batchRefusal(error: MagnetoDBError): MagnetoDBError {
  const { reason } = error
  const isKey = reason.is === 'key_missing' || reason.is === 'key_mismatch'
  const isTableKey = reason.is === 'attribute_type' && reason.index === undefined
  return isKey || isTableKey ? validationError(KEY_MISMATCH) : error
}

/** Of operations on tables, which name the table that is not there. */
export function tableRefusal(error: MagnetoDBError): MagnetoDBError {
  const { reason } = error
  if (reason.is !== 'table_not_found') return error
  const message = `${messageOf(reason)}: Table: ${reason.table} not found`
  return new Refusal('ResourceNotFoundException', message, reason)
}

/** Of operations on tags. */
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

/** Of PutItem: with the item that did not meet the condition, where that was asked for. */
export function putRefusal(error: MagnetoDBError, { shown }: WriteCommand): MagnetoDBError {
  if (!shown.oldOnFailure || !(error instanceof ConditionFailedError) || !error.old) return error
  return new ItemConditionFailed(finished(shownItem(error.old.encoded)))
}

export function deleteRefusal(error: MagnetoDBError, command: KeyedWrite): MagnetoDBError {
  return putRefusal(keyRefusal(error, command), command)
}

type Update = KeyedWrite & { readonly isLegacy: boolean }

export function updateRefusal(error: MagnetoDBError, command: Update): MagnetoDBError {
  const { is } = error.reason
  if (is === 'update_operand_type' && command.isLegacy) {
    return validationError('Type mismatch for attribute to update')
  }
  if (is === 'item_too_large' || is === 'item_json_too_large') {
    return validationError('Item size to update has exceeded the maximum allowed size')
  }
  return deleteRefusal(error, command)
}
