import { type Answer, JSON_TYPE } from '../exchange.ts'

/**
 * The version documents of the OpenStack API guidelines, which clients read without a token to find
 * what a service speaks. There are no microversions, hence the two empty strings.
 */
function versionV1(baseUrl: string) {
  return {
    id: 'v1.0',
    status: 'CURRENT',
    min_version: '',
    version: '',
    links: [{ rel: 'self', href: `${baseUrl}/v1/` }],
  }
}

/** `GET /` */
export function versionsDocument(baseUrl: string): Answer {
  return json({ versions: [versionV1(baseUrl)] })
}

/** `GET /v1` */
export function versionDocument(baseUrl: string): Answer {
  return json({ version: versionV1(baseUrl) })
}

function json(document: unknown): Answer {
  return { status: 200, contentType: JSON_TYPE, body: JSON.stringify(document) }
}
