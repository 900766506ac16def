import { IdentityUnavailableError } from '../errors.ts'
import { type HttpClient, HttpError, type HttpResponse } from './http-client.ts'
import type { ServiceSession, ServiceToken } from './service-token.ts'
import { parseTokenBody, type TokenBody } from './token-body.ts'

/**
 * Asks Keystone about one token.
 *
 * @param token 1 to 8190 characters of `[\x21-\x7e]`: it is sent as a header
 * @param deadlineMs on the clock of `performance.now()`
 * @returns undefined when Keystone says that the token is not valid
 * @throws IdentityUnavailableError when Keystone does not say
 */
export async function validateToken(
  parts: { http: HttpClient; serviceToken: ServiceToken },
  token: string,
  deadlineMs: number,
): Promise<TokenBody | undefined> {
  const { http, serviceToken } = parts
  const session = await serviceToken.session(deadlineMs)
  let response = await ask(http, session, token, deadlineMs)
  // 401 is about our own token, 404 about the one that we ask for.
  if (response.status === 401) {
    const nextSession = await serviceToken.sessionAfter(session, deadlineMs)
    response = await ask(http, nextSession, token, deadlineMs)
  }
  return read(response)
}

/** With the access-rules header, without which Keystone hides tokens that have such rules. */
async function ask(
  http: HttpClient,
  session: ServiceSession,
  token: string,
  deadlineMs: number,
): Promise<HttpResponse> {
  try {
    return await http.request({
      method: 'GET',
      url: `${session.endpoint}/auth/tokens?nocatalog`,
      headers: {
        accept: 'application/json',
        'x-auth-token': session.token,
        'x-subject-token': token,
        'openstack-identity-access-rules': '1',
      },
      deadlineMs,
    })
  } catch (cause) {
    if (!(cause instanceof HttpError)) throw cause
    throw new IdentityUnavailableError(cause.message, { cause })
  }
}

function read(response: HttpResponse): TokenBody | undefined {
  switch (response.status) {
    case 200: {
      const body = parseTokenBody(response.body)
      if (body !== undefined) return body
      throw new IdentityUnavailableError('the answer is not a token as Keystone documents it')
    }
    case 404:
      return undefined
    // Some web servers before Keystone count the header's name towards the longest token, too.
    case 431:
      return undefined
    case 401:
      throw new IdentityUnavailableError("Keystone refuses the service's own token")
    case 403:
      throw new IdentityUnavailableError(
        "the service's user may not validate tokens: give it the role `service`",
      )
    default:
      throw new IdentityUnavailableError(`Keystone answered ${response.status}`)
  }
}
