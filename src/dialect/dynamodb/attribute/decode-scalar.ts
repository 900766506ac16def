import type { Scalar, ScalarType } from '../../../model/attribute-value.ts'
import { canonicalNumber, NumberFormatError } from '../../../model/number.ts'
import { NUMBER_MESSAGES } from '../messages.ts'
import { serializationError } from '../refusal.ts'
import { readText } from '../shapes/scalars.ts'
import { shortened } from '../shortened.ts'
import type { Faults } from './faults.ts'

/** Placeholder for a faulty value. */
const NO_NUMBER = '0'

/** @throws Refusal `SerializationException` */
export function decodeScalar(type: ScalarType, json: unknown, faults: Faults): Scalar {
  switch (type) {
    case 'S':
      return readText(json)
    case 'N':
      return decodeNumber(readText(json), faults)
    case 'B':
      return decodeBinary(json)
  }
}

function decodeNumber(text: string, faults: Faults): string {
  try {
    return canonicalNumber(text)
  } catch (error) {
    if (!(error instanceof NumberFormatError)) throw error
    const message = NUMBER_MESSAGES[error.fault]
    const isNoNumber = error.fault === 'format' && text !== ''
    faults.note(isNoNumber ? `${message}: ${shortened(text)}` : message)
    return NO_NUMBER
  }
}

/** Accepts canonical base64 only: padded, without spaces and spare bits. */
function decodeBinary(json: unknown): Buffer {
  if (typeof json !== 'string') {
    throw serializationError('only base-64-encoded strings are convertible to bytes')
  }
  if (json.length % 4 !== 0) {
    throw serializationError(
      `Base64 encoded length is expected a multiple of 4 bytes but found: ${json.length}`,
    )
  }
  const bytes = Buffer.from(json, 'base64')
  if (bytes.toString('base64') === json) return bytes
  throw serializationError('Invalid Base64')
}
