import { crc32 } from 'node:zlib'
import type { Authenticator } from '../../identity/authenticator.ts'
import type { Identity } from '../../identity/request-context.ts'
import type { MagnetoDBError } from '../../model/errors.ts'
import {
  type Answer,
  type Binding,
  type Dispatch,
  type IdentifiedRequest,
  JSON_TYPE,
  type Seal,
  type Wire,
  type WireRequest,
} from '../wire.ts'
import { Callers } from './caller.ts'
import { Cors } from './cors.ts'
import { CONTENT_TYPE, encodeError } from './errors.ts'
import { unknownOperation } from './refusal.ts'
import { targets } from './targets.ts'

const JSON_ASKED = new RegExp(`^${JSON_TYPE}\\s*(?:;|$)`)

export interface DynamodbOptions {
  /** Region in the ARNs of tables. */
  readonly region: string
  /** Origins of web pages that may call the service. */
  readonly corsOrigins?: readonly string[] | undefined
}

/** DynamoDB's API: `POST /`, with the operation in a header. */
export class DynamodbWire implements Wire {
  readonly name = 'dynamodb'
  readonly contentType = CONTENT_TYPE
  readonly isCompressed = true
  readonly uploads = []
  readonly routes: readonly Dispatch[] = [
    { method: 'POST', path: '/', select: (request) => this.#bindingOf(request) },
  ]
  readonly #callers: Callers
  readonly #targets: ReadonlyMap<string, Binding>
  readonly #cors: Cors

  constructor(authenticator: Authenticator, { region, corsOrigins = [] }: DynamodbOptions) {
    this.#callers = new Callers(authenticator)
    this.#targets = targets(region)
    this.#cors = new Cors(corsOrigins)
  }

  owns(request: Pick<WireRequest, 'method' | 'path' | 'header'>): boolean {
    return request.header('x-amz-target') !== undefined || this.#cors.isPreflight(request)
  }

  known(request: WireRequest): Identity | undefined {
    return this.#callers.known(request)
  }

  identify(request: WireRequest): Identity | Promise<Identity> {
    return this.#callers.identify(request)
  }

  claimedProject(request: WireRequest): string | undefined {
    return this.#callers.claimedProject(request)
  }

  encodeError(error: MagnetoDBError): Answer {
    return encodeError(error)
  }

  /** The request's id and the answer's checksum, which clients verify, and headers for CORS. */
  seal({ contentType, body }: Answer, request: IdentifiedRequest): Seal {
    const asked = request.header('content-type') ?? ''
    const isJsonAsked = asked !== CONTENT_TYPE && JSON_ASKED.test(asked)
    const own = ['x-amzn-RequestId', request.requestId, 'x-amz-crc32', `${crc32(body)}`]
    const cors = this.#cors.headersFor(request)
    return {
      contentType: isJsonAsked ? JSON_TYPE : contentType,
      fields: cors ? [...own, ...Object.entries(cors).flat()] : own,
    }
  }

  /** @throws Refusal `UnknownOperationException` */
  #bindingOf(request: WireRequest): Binding {
    const binding = this.#targets.get(request.header('x-amz-target') ?? '')
    if (binding) return binding
    throw unknownOperation()
  }
}
