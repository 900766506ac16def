/**
 * Limits on what a user may store or request, with the unit in each name. Where the original
 * MagnetoDB had none, they are DynamoDB's (Amazon DynamoDB Developer Guide, "Quotas").
 */

export const TABLE_NAME_LENGTH_MIN = 3
export const TABLE_NAME_LENGTH_MAX = 255
export const ATTRIBUTE_NAME_LENGTH_MAX = 255

export const ITEM_SIZE_BYTES_MAX = 400 * 1024
/** Length of an item's typed JSON, which is stored, copied into indexes and returned. Only items
 * full of control characters or of numbers with long exponents exceed it. With five indexes, an
 * item of this length still fits one request to Cassandra (16 MiB). */
export const ITEM_JSON_BYTES_MAX = 2.5 * 1024 * 1024
export const HASH_KEY_BYTES_MAX = 2048
export const RANGE_KEY_BYTES_MAX = 1024
/** Levels of L and M inside an item. */
export const NESTING_DEPTH_MAX = 32

export const NUMBER_DIGITS_MAX = 38
export const NUMBER_EXPONENT_MIN = -130
export const NUMBER_EXPONENT_MAX = 125
/** Length of a number's text. No valid number needs more, even with leading zeros. */
export const NUMBER_TEXT_LENGTH_MAX = 512

export const LOCAL_SECONDARY_INDEXES_MAX = 5
export const ATTRIBUTE_DEFINITIONS_MAX = 1000
export const NON_KEY_ATTRIBUTES_MAX = 100

/** Tags per table. */
export const TAGS_MAX = 50

/** Size of the rows that one page of Query or Scan reads, before the filter. */
export const PAGE_SIZE_BYTES_MAX = 1024 * 1024
export const PAGE_ROWS_MAX = 10_000
export const TOTAL_SEGMENTS_MAX = 4096
export const LIST_TABLES_MAX = 1000

export const BATCH_GET_KEYS_MAX = 100
export const BATCH_WRITE_REQUESTS_MAX = 25
/** Length of the items' JSON in one response. */
export const BATCH_GET_SIZE_BYTES_MAX = 16 * 1024 * 1024
export const REQUEST_BODY_BYTES_MAX = 16 * 1024 * 1024
/** Levels of a request's JSON. Each level of a value takes two; the rest is for the envelope. */
export const JSON_DEPTH_MAX = 2 * NESTING_DEPTH_MAX + 16
/** Opening brackets, commas and colons in a request's JSON, about as many as its names and values.
 * The largest item, 136,000 numbers of one digit, has three per number. */
export const JSON_PARTS_MAX = 450_000
/** Bytes of one string in a request's JSON. The largest value has 3.3 MB, in base64 with every
 * character escaped. */
export const JSON_STRING_BYTES_MAX = 4 * 1024 * 1024
/** Bytes of one number in a request's JSON. They are scanned in one step. */
export const JSON_NUMBER_BYTES_MAX = 1024 * 1024
/** Consecutive bytes of white space in a request's JSON. */
export const JSON_SPACE_BYTES_MAX = 64 * 1024
/** Names of one object in a request's JSON. */
export const JSON_NAMES_MAX = 32_768

/** About a hundred years, so that the sum with the current time is exact. */
export const TIME_TO_LIVE_SECONDS_MAX = 100 * 366 * 86_400

/** Elements of one set or typed map. No more distinct ones fit into an item. */
export const COLLECTION_ELEMENTS_MAX = ITEM_SIZE_BYTES_MAX / 2
/** Operators and functions of one expression. This also limits its nesting. */
export const EXPRESSION_OPERATORS_MAX = 300
/** Conditions of one `expected`, `scan_filter` or similar parameter. */
export const CONDITIONS_MAX = 300
/** Operands of IN. */
export const IN_OPERANDS_MAX = 100
/** Attributes that one request may ask to be returned. */
export const ATTRIBUTES_TO_GET_MAX = 1000
