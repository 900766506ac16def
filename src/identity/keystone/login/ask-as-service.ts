import { type HttpClient, HttpError, type HttpResponse } from '../http-client.ts'
import { UnansweredError } from '../unanswered-error.ts'
import type { ServiceSession, ServiceToken } from './service-token.ts'

export interface KeystoneParts {
  readonly http: HttpClient
  readonly serviceToken: ServiceToken
}

export interface KeystoneQuestion {
  /** Relative to `/v3`. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** JSON, sent with POST. Default: none, with GET. */
  readonly body?: string
}

/**
 * Sends a request to Keystone with the service's token. If Keystone answers 401, gets a new token
 * and tries once more.
 *
 * @param deadlineMs a time of `performance.now()`
 * @throws IdentityUnavailableError if there is no answer
 */
export async function askAsService(
  { http, serviceToken }: KeystoneParts,
  question: KeystoneQuestion,
  deadlineMs: number,
): Promise<HttpResponse> {
  const session = await serviceToken.session(deadlineMs)
  const response = await ask(http, session, question, deadlineMs)
  if (response.status !== 401) return response
  const nextSession = await serviceToken.sessionAfter(session, deadlineMs)
  return ask(http, nextSession, question, deadlineMs)
}

/** Sends a request to Keystone with a token of the service. @throws UnansweredError */
export async function ask(
  http: HttpClient,
  { endpoint, token }: ServiceSession,
  { path, headers, body }: KeystoneQuestion,
  deadlineMs: number,
): Promise<HttpResponse> {
  const form = body === undefined ? undefined : { 'content-type': 'application/json' }
  try {
    const response = await http.request({
      method: body === undefined ? 'GET' : 'POST',
      url: `${endpoint}${path}`,
      headers: { accept: 'application/json', 'x-auth-token': token, ...form, ...headers },
      ...(body !== undefined && { body }),
      deadlineMs,
    })
    if (response.status < 500) return response
    throw new UnansweredError(`Keystone answered ${response.status}`)
  } catch (cause) {
    if (!(cause instanceof HttpError)) throw cause
    throw new UnansweredError(cause.message, { cause })
  }
}
