/** The terms of a signature's scope and of what is signed. */
export const ALGORITHM = 'AWS4-HMAC-SHA256'
export const SERVICE = 'dynamodb'
export const TERMINATOR = 'aws4_request'
