/**
 * Every limit on what a user may store or ask, with its unit in its name. Where MagnetoDB had
 * none these are DynamoDB's (Amazon DynamoDB Developer Guide, "Quotas").
 */

export const TABLE_NAME_LENGTH_MIN = 3
export const TABLE_NAME_LENGTH_MAX = 255
export const ATTRIBUTE_NAME_LENGTH_MAX = 255

export const ITEM_SIZE_BYTES_MAX = 400 * 1024
/** The item as typed JSON, which is stored, copied into indexes and answered: more than any has but
 * those of control characters or of numbers with long exponents. With five indexes it fits one
 * request to Cassandra, 16 MiB. */
export const ITEM_JSON_BYTES_MAX = 2.5 * 1024 * 1024
export const HASH_KEY_BYTES_MAX = 2048
export const RANGE_KEY_BYTES_MAX = 1024
/** Levels of L and M inside an item. */
export const NESTING_DEPTH_MAX = 32

export const NUMBER_DIGITS_MAX = 38
export const NUMBER_EXPONENT_MIN = -130
export const NUMBER_EXPONENT_MAX = 125
/** A number's text: more than any valid number needs, leading zeros included. */
export const NUMBER_TEXT_LENGTH_MAX = 512

export const LOCAL_SECONDARY_INDEXES_MAX = 5
export const ATTRIBUTE_DEFINITIONS_MAX = 1000
export const NON_KEY_ATTRIBUTES_MAX = 100

/** Of one table. */
export const TAGS_MAX = 50

/** Size of the rows that one Query or Scan page reads, before filtering. */
export const PAGE_SIZE_BYTES_MAX = 1024 * 1024
export const PAGE_ROWS_MAX = 10_000
export const TOTAL_SEGMENTS_MAX = 4096
export const LIST_TABLES_MAX = 1000

export const BATCH_GET_KEYS_MAX = 100
export const BATCH_WRITE_REQUESTS_MAX = 25
/** The items' JSON in one answer. */
export const BATCH_GET_SIZE_BYTES_MAX = 16 * 1024 * 1024
export const REQUEST_BODY_BYTES_MAX = 16 * 1024 * 1024
/** Levels of a request's JSON: the nesting of values, each two levels deep, and the envelope. */
export const JSON_DEPTH_MAX = 2 * NESTING_DEPTH_MAX + 16
/** Brackets that open, commas and colons of a request's JSON, about as many as its names and
 * values. The largest item has three for each of its 136,000 numbers of one digit. */
export const JSON_PARTS_MAX = 450_000
/** Bytes of one string of a request's JSON. The largest value, in base64 of which each character is
 * escaped, has 3.3 MB. */
export const JSON_STRING_BYTES_MAX = 4 * 1024 * 1024
/** Bytes of white space in a row in a request's JSON. */
export const JSON_SPACE_BYTES_MAX = 64 * 1024
/** Names of one object of a request's JSON. */
export const JSON_NAMES_MAX = 32_768

/** Seconds; about a hundred years, so that the sum with the time of day stays exact. */
export const TIME_TO_LIVE_SECONDS_MAX = 100 * 366 * 86_400

/** Elements of one set or typed map: more that differ do not fit into an item. */
export const COLLECTION_ELEMENTS_MAX = ITEM_SIZE_BYTES_MAX / 2
/** Operators and functions of one expression, which bound how deep it nests. */
export const EXPRESSION_OPERATORS_MAX = 300
/** Conditions of one `expected`, `scan_filter` or their like. */
export const CONDITIONS_MAX = 300
/** Operands of IN. */
export const IN_OPERANDS_MAX = 100
/** Attributes that one request names to be returned. */
export const ATTRIBUTES_TO_GET_MAX = 1000
