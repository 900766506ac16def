/** Requests that both services refuse, with different messages or for different errors in them. */

import type { Answer } from './peer.ts'
import type { Request } from './requests.ts'

/** A known difference, with the source that justifies it. */
export interface Explanation {
  readonly operations: RegExp
  readonly source: string
  explains(request: Request, theirs: Answer, ours: Answer): boolean
}

const ERRORS = 'API reference, "Common Errors"'
const ITEMS = /Item$|^Query$|^Scan$/

/** A fault of `Expected`, or that it does not hold. */
const LEGACY_CONDITION =
  /^The conditional request failed$|^Supplied AttributeValue |Operator|for Attribute|^The BETWEEN /

const VALUE_FAULT = new RegExp(
  [
    ...['(ADD|DELETE) action ', ' Supplied AttributeValue ', ' The parameter cannot be converted'],
    ...[' Number (over|under)flow', ' Attempting to store ', 'Null attribute value', 'Input coll'],
    ...['may not be empty', 'should not be empty'],
  ].join('|'),
)

type Messages = readonly [theirs: RegExp, ours: RegExp, source?: string]

/** Both refuse with their own message. */
function wordings(
  operations: RegExp,
  byName: Readonly<Record<string, Messages>>,
): Readonly<Record<string, Explanation>> {
  const explanation = ([theirs, ours, source = ERRORS]: Messages): Explanation => ({
    operations,
    source,
    explains: (_request, one, other) =>
      one.status !== 200 &&
      other.status !== 200 &&
      theirs.test(one.message ?? '') &&
      ours.test(`${other.type} ${other.message}`),
  })
  const entries = Object.entries(byName).map(([name, messages]) => [name, explanation(messages)])
  return Object.fromEntries(entries)
}

export const WORDINGS: Readonly<Record<string, Explanation>> = {
  ...wordings(/./, {
    'a table that is not there': [
      /^Cannot do operations on a non-existent table$/,
      /^ResourceNotFoundException Requested resource not found/,
    ],
    'the constraints of members come first, all of them counted': [
      /./,
      /^ValidationException \d+ validation errors? detected: /,
    ],
    'values of JSON that are of another type': [
      /./,
      /^SerializationException /,
      'API reference, "Data types": the members of AttributeValue',
    ],
  }),
  ...wordings(ITEMS, {
    'what is no number': [
      /A value provided cannot be converted into a number/,
      /The parameter cannot be converted to a numeric value/,
    ],
    'a number of too many digits': [
      /DynamoDB only supports precision up to 38 digits/,
      /Attempting to store more than 38 significant digits in a Number/,
      'Developer guide, "Data types"',
    ],
    'a key of another type': [
      /Type mismatch for key$|Type mismatch for Index Key$|^Invalid attribute value type$/,
      /does not match the schema|Type mismatch for (index )?key \S+ expected: /i,
    ],
    'a value as a part of a path': [
      /^Invalid \w+Expression: Internal server error$/,
      /name used in the document path is not defined; attribute name: :\w+$/,
      'none: no service may say that',
    ],
    'a set that names a value twice': [
      /Input collection .*contains duplicates( for key \S+)?$/,
      /Input collection .*contains duplicates\.( for key \S+)?$/,
    ],
    'bounds are told as they were sent, or not at all': [
      /The BETWEEN operator requires .*; lower bound operand: /,
      /The BETWEEN operator requires .*; lower bound operand: /,
    ],
    'a key of fewer attributes': [
      /^The number of conditions on the keys is invalid$|may not contain null or empty values/,
      /The provided key element does not match the schema$/,
    ],
    'a conditional operator without conditions': [
      /^ConditionalOperator (cannot|can only) be used /,
      /One or more parameter values were invalid: ConditionalOperator (cannot|can only) be used /,
    ],
    'an expression that is empty': [
      /^ExpressionAttribute\w+ can only be specified when using expressions: \w+ is null$/,
      /^ValidationException Invalid \w+Expression: The expression can not be empty;$/,
    ],
    'the second of two paths': [
      /Two document paths (overlap|conflict) with each other/,
      /Two document paths (overlap|conflict) with each other/,
    ],
  }),
  ...wordings(/^(Query|Scan)$/, {
    'a start key of other attributes': [
      /^Exclusive Start Key must have same size as table's key schema$/,
      /The provided starting key is invalid/,
    ],
    'a start key of other types': [
      /^Type mismatch for attribute to update$/,
      /The provided starting key is invalid: The provided key element does not match the schema$/,
    ],
    'what a Select goes with': [
      /^(Must|Cannot) specify the \w+ .*when choosing to get|^ALL_PROJECTED_ATTRIBUTES can /,
      /One or more parameter values were invalid: (Must|Cannot|ALL_PROJECTED_ATTRIBUTES) /,
    ],
  }),
  ...wordings(/^Query$/, {
    'a start key of another partition': [
      /^The provided starting key does not match the range key predicate$/,
      /The provided starting key is outside query boundaries based on provided conditions$/,
      'dynalite, whose tests were run against DynamoDB',
    ],
    'a key condition that is missing is named': [
      /^Query condition missed key schema element$/,
      /Query condition missed key schema element: /,
    ],
    'key conditions of none': [
      /^Conditions must be at least length 1$/,
      /^ValidationException Conditions can be of length 1 or 2 only$/,
      'dynalite, whose tests were run against DynamoDB',
    ],
  }),
  ...wordings(/^Scan$/, {
    'a segment of how many': [
      /^If (segment|total segments) is specified, /,
      /The (Total)?Segments? parameter is required but was not present/,
      'API reference, Scan, "Segment"',
    ],
  }),
  ...wordings(/^UpdateItem$/, {
    'the values of a legacy update come before its conditions': [
      LEGACY_CONDITION,
      VALUE_FAULT,
      'dynalite, whose tests were run against DynamoDB',
    ],
  }),
  ...wordings(/^(PutItem|BatchWriteItem)$/, {
    'a key attribute that is missing is named': [
      /^One of the required keys was not given a value$/,
      /Missing the key \S+ in the item$/,
    ],
  }),
  ...wordings(/^Batch/, {
    'a batch of nothing': [
      /^Batch(GetItem must have some requests set$|WriteItem cannot have a null or no requests)/,
      /^ValidationException The requestItems parameter is required for /,
    ],
  }),
  ...wordings(/^CreateTable$/, {
    'a table that is there': [
      /^Cannot create preexisting table$/,
      /^ResourceInUseException Table already exists: /,
    ],
    'two indexes of one name': [
      /^Two local secondary indices have the same name$/,
      /Duplicate index name: |ProjectionType is \w+, but NonKeyAttributes is /,
    ],
    'definitions of attributes': [
      /^Hash Key not specified|^The number of attributes in key schema|^No Attribute Schema/,
      /Some (index key attributes? |AttributeDefinitions are not used)/,
    ],
    'attributes that no key has': [
      /^The number of attributes in key schema must match the number of attributes defined/,
      /Number of attributes in KeySchema does not exactly match number of attributes defined in /,
    ],
    'the hash key of an index': [
      /^Local Secondary indices must have the same hash key as the main table$/,
      /Index KeySchema does not have the same leading hash key as table KeySchema for index: /,
    ],
    'projections of an index': [
      /^If Projection type INCLUDE is specified|^No attributes should be specified to be projected/,
      /ProjectionType is (ALL|KEYS_ONLY|INCLUDE), but NonKeyAttributes is /,
    ],
    'a table without throughput': [
      /^No provisioned throughput specified for the table$/,
      /ReadCapacityUnits and WriteCapacityUnits must both be specified/,
    ],
  }),
  ...wordings(/^UpdateTable$/, {
    'a throughput that is there': [
      /^The requested throughput value equals the current value$/,
      /^ValidationException The provisioned throughput for the table will not change/,
    ],
    'an update of a table that changes nothing': [
      /^Nothing to update$/,
      /^ValidationException At least one of ProvisionedThroughput, BillingMode, .* is required$/,
    ],
  }),
  ...wordings(/Table$/, {
    'the name of a table is missing': [
      /^Value null at 'tableName' failed to satisfy constraint|^Invalid table\/index name/,
      /The parameter 'TableName' is required but was not present in the request$/,
    ],
  }),
}

const UPDATE_FAULT = new RegExp(
  [
    ...['document path provided', 'attribute that does not exist', 'incorrect data type'],
    ...['Type mismatch for attribute to update', 'precision up to 38 digits'],
    ...['significant digits in a Number', 'Number (over|under)flow'],
  ].join('|'),
)
const PATH_FAULT =
  /Invalid \w+Expression: (Two document paths|An expression attribute name used in)/
const TABLE_FAULT =
  /ttribute ([Dd]efinitions|Schema)|KeySchema|[Ii]nd(ex|ic)|[Tt]hroughput|CapacityUnits|roject/
/** Of the table, or of a key that is not the table's. */
const NOT_OF_TABLE = new RegExp(
  [
    ...['non-existent table$', 'does not have the specified index', '^Type mismatch for attribute'],
    ...['Type mismatch for (Index )?[Kk]ey', '^Invalid attribute value type$'],
    ...['^The number of conditions on the keys', '^One of the required keys'],
    ...[' an empty \\w+ value', 'may not contain null or empty values'],
    "^Exclusive Start Key must have same size as table's",
  ].join('|'),
)
const NEEDS_NO_TABLE = new RegExp(
  [
    ...['Invalid \\w+Expression: ', 'Value provided in Exp', 'ExpressionAttribute', 'Operator'],
    ...['AttributeValueList', 'for Attribute: ', 'The BETWEEN condition', '(ADD|DELETE) action'],
    ...['specify the .* when choosing to get', 'Can not use both expression'],
    'can be used only when',
  ].join('|'),
)

/** A request with several errors, of which each service reports another one. */
export const ORDERS: Readonly<Record<string, Explanation>> = {
  ...wordings(/^UpdateItem$/, {
    'which of the faults of an update': [UPDATE_FAULT, UPDATE_FAULT, 'none'],
  }),
  ...wordings(/^CreateTable$/, {
    'which of the faults of a new table': [TABLE_FAULT, TABLE_FAULT, 'none'],
  }),
  ...wordings(ITEMS, {
    'which of the faults of paths': [PATH_FAULT, PATH_FAULT, 'none'],
    'what needs no table is told before what does': [
      NOT_OF_TABLE,
      NEEDS_NO_TABLE,
      'dynalite, whose tests were run against DynamoDB',
    ],
  }),
}
