import type { Identity } from '../identity/request-context.ts'
import type { BodyShare } from '../identity/signatures.ts'
import type { MagnetoDBError } from '../model/errors.ts'
import type { Stepped } from '../model/steps.ts'
import type { Operation } from '../operations/operation.ts'

/** The response to a request, independent of the transport. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export const JSON_TYPE = 'application/json'
export const TEXT_TYPE = 'text/plain; charset=UTF-8'

/** Requests without a query share one. */
export type Query = Omit<URLSearchParams, 'append' | 'delete' | 'set' | 'sort'>

/** A request as a wire sees it, independent of the transport. */
export interface WireRequest {
  readonly method: string
  /** Normalised and percent-decoded, without the query string. */
  readonly path: string
  readonly query: Query
  /** IP address of the peer: the client, or a proxy. */
  readonly address: string | undefined
  /** Base URL of links in answers: `http://host:port`. */
  readonly baseUrl: string
  /** Empty before it is received. */
  readonly body: Buffer
  /** Set once the caller is identified. */
  readonly context?: { readonly projectId: string } | undefined
  /** A path parameter, by its name in the route. */
  param(name: string): string | undefined
  /** @param name in lower case */
  header(name: string): string | undefined
  /**
   * Receives the whole body; later calls return the same.
   *
   * @returns the body itself if all of it has arrived and there is room
   * @throws MagnetoDBError `body_too_large`; rejects with this, `body_too_slow`, `too_many_bodies`
   *   or `caller_gone`
   */
  receive(bytesMax: number): Buffer | Promise<Buffer>
  /**
   * Like `receive`, but before the caller is identified.
   *
   * @param share the share that it counts for. Bodies of unidentified callers are limited to a
   *   small pool
   */
  receiveUnidentified(bytesMax: number, share: BodyShare): Buffer | Promise<Buffer>
}

/** A request whose body is processed as it arrives. */
export interface WireUpload {
  /** The body. The client is slowed to the reader's pace. */
  chunks(): AsyncIterable<Buffer>
  /** Makes the answer several lines: at least one report per second precedes it. */
  showProgress(): void
  /** Sends a line of JSON about the progress so far. */
  report(line: string): void
}

/** An operation with its decoder and encoder. */
export interface Binding<Command = unknown, Result = unknown> {
  readonly operation: Operation<Command, Result>
  /** Absent if no body is received. */
  readonly bodyBytesMax?: number
  decode(request: WireRequest): Stepped<Command>
  /** The body of the answer, whose status is 200. */
  encode(result: Result, request: WireRequest, command: Command): Stepped<string>
  /** Translates errors whose message depends on the command. */
  refusal?(error: MagnetoDBError, command: Command): Stepped<MagnetoDBError>
}

/** What the router matches. */
export interface Place {
  readonly method: 'DELETE' | 'GET' | 'POST'
  /** Parameters are `:name`. `:project_id` admits only callers of that project. */
  readonly path: string
}

/** A place for one operation. */
export type Route<Command = unknown, Result = unknown> = Place & Binding<Command, Result>

/** A place for several operations. Something other than the path selects one, such as a header. */
export interface Dispatch extends Place {
  /** Called after the caller is identified. @throws MagnetoDBError */
  select(request: WireRequest): Binding
}

/** A place for bodies of any length, processed as they arrive. */
export interface UploadRoute<Command = unknown, Result = unknown> extends Place {
  readonly operation: Operation<Command, Result>
  decode(request: WireRequest, upload: WireUpload): Command
  /** The body of the answer, or its last line. */
  encode(result: Result): string
}

/** A protocol of clients: decodes bytes to commands, and encodes results. Knows nothing of sockets,
 * as the HTTP layer knows nothing of its paths, headers and messages. */
export interface Wire {
  /** Its name in logs and metrics. */
  readonly name: string
  /** The content type of results. Errors have their own. */
  readonly contentType: string
  readonly routes: readonly (Route | Dispatch)[]
  readonly uploads: readonly UploadRoute[]
  /** Whether a request uses this wire. Called before routing; decides the form of errors. */
  owns(request: Pick<WireRequest, 'method' | 'path' | 'header'>): boolean
  /**
   * The caller's identity if this process knows it and the body is not needed. If undefined, call
   * `identify`.
   *
   * @throws MagnetoDBError
   */
  known(request: WireRequest): Identity | undefined
  /**
   * The caller's identity.
   *
   * @returns a promise if there is something to wait for
   * @throws MagnetoDBError, also as a rejection
   */
  identify(request: WireRequest): Identity | Promise<Identity>
  /** The project that an unidentified request claims, if this is likely to be true. The request
   * waits in this project's share of the queue until its caller is identified. Never throws. */
  claimedProject?(request: WireRequest): string | undefined
  encodeError(error: MagnetoDBError): Answer
  /** Whether requests' bodies may be compressed, and responses if the client accepts it. */
  readonly isCompressed?: boolean
  /** Returns what is added to every response of this wire, such as a checksum. */
  seal?(answer: Answer, request: IdentifiedRequest): Seal
}

/** What a wire adds to a response. */
export interface Seal {
  /** Replaces the answer's. */
  readonly contentType: string
  /** Additional header fields: names and values alternate. */
  readonly fields: readonly string[]
}

/** A request with the id that its response contains. */
export interface IdentifiedRequest extends WireRequest {
  readonly requestId: string
}

export type Wires = readonly [Wire, ...Wire[]]

/** The wire that a request uses, by default the first. */
export function wireOf(wires: Wires, request: Pick<WireRequest, 'method' | 'path' | 'header'>) {
  return wires.find((wire) => wire.owns(request)) ?? wires[0]
}
