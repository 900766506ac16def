import type { Identity } from '../identity/request-context.ts'
import type { MagnetoDBError } from '../model/errors.ts'
import type { Stepped } from '../model/steps.ts'
import type { Operation } from '../operations/operation.ts'

/** An answer to a request, whatever transport it goes by. */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export const JSON_TYPE = 'application/json'
export const TEXT_TYPE = 'text/plain; charset=UTF-8'

/** What a wire reads of a request, whatever transport it came by. */
export interface WireRequest {
  readonly method: string
  /** Normalised and percent-decoded, without the query string. */
  readonly path: string
  readonly query: URLSearchParams
  /** The IP address at the other end of the connection: the client's, or a proxy's. */
  readonly address: string | undefined
  /** The start of every link in an answer: `http://host:port`. */
  readonly baseUrl: string
  /** As it was received; empty until then. */
  readonly body: Buffer
  /** Once it is known who calls. */
  readonly context?: { readonly projectId: string } | undefined
  /** A parameter of the path, by its name in the route. */
  param(name: string): string | undefined
  /** @param name in lower case */
  header(name: string): string | undefined
  /**
   * The whole body. Only the first call receives it; later ones get the same.
   *
   * @throws (rejects with) MagnetoDBError `body_too_large`, `body_too_slow`, `too_many_bodies` or
   *   `caller_gone`
   */
  receive(bytesMax: number): Promise<Buffer>
}

/** A request whose body is worked on while it comes. */
export interface WireUpload {
  /** The body. The client has to wait while nobody asks for more. */
  chunks(): AsyncIterable<Buffer>
  /** Makes the answer one of several lines: before it come reports, at least one a second. */
  showProgress(): void
  /** Says in a line of JSON what has been done so far. */
  report(line: string): void
}

/** An operation with a decoder and an encoder of its own types. */
export interface Binding<Command = unknown, Result = unknown> {
  readonly operation: Operation<Command, Result>
  /** Absent where no body is received. */
  readonly bodyBytesMax?: number
  decode(request: WireRequest): Stepped<Command>
  /** The text of the answer, whose status is 200. */
  encode(result: Result, request: WireRequest, command: Command): Stepped<string>
  /** A failure as this command tells it; absent, as all do. */
  refusal?(error: MagnetoDBError, command: Command): MagnetoDBError
}

/** What Hono's router matches. */
export interface Place {
  readonly method: 'DELETE' | 'GET' | 'POST'
  /** With `:name` for its parameters. Where one is `:project_id`, only its members get in. */
  readonly path: string
}

/** A place whose every request asks for one operation. */
export type Route<Command = unknown, Result = unknown> = Place & Binding<Command, Result>

/** A place whose requests say otherwise which operation they ask for. */
export interface Dispatch extends Place {
  /** Called once it is known who calls. @throws MagnetoDBError */
  select(request: WireRequest): Binding
}

/** A place for bodies of any length, which are worked on while they come. */
export interface UploadRoute<Command = unknown, Result = unknown> extends Place {
  readonly operation: Operation<Command, Result>
  decode(request: WireRequest, upload: WireUpload): Command
  /** The text of the answer, or of its last line. */
  encode(result: Result): string
}

/**
 * A protocol that clients speak: from bytes to commands and back. It knows nothing of sockets, and
 * what serves it nothing of its paths, headers and sentences.
 */
export interface Wire {
  /** As logs and metrics name it. */
  readonly name: string
  /** Of results. Errors have their own. */
  readonly contentType: string
  readonly routes: readonly (Route | Dispatch)[]
  readonly uploads: readonly UploadRoute[]
  /** Whether a request speaks this wire, before it is routed. Decides the shape of errors. */
  owns(request: Pick<WireRequest, 'method' | 'path' | 'header'>): boolean
  /**
   * Who calls, as far as this process knows; undefined where somebody has to be asked, or the body
   * received.
   *
   * @throws MagnetoDBError
   */
  known(request: WireRequest): Identity | undefined
  /** Who calls. @throws (rejects with) MagnetoDBError */
  identify(request: WireRequest): Promise<Identity>
  encodeError(error: MagnetoDBError): Answer
  /** Whether bodies of requests, and answers to who asks for it, may be compressed. */
  readonly isCompressed?: boolean
  /** The answer with what every answer of this wire has, such as a checksum. */
  seal?(answer: Answer, request: IdentifiedRequest): Answer
}

/** A request with the id that the answer tells. */
export interface IdentifiedRequest extends WireRequest {
  readonly requestId: string
}

/** Those that a process serves. */
export type Wires = readonly [Wire, ...Wire[]]

/** The wire that a request speaks: the first one where it is nobody's. */
export function wireOf(wires: Wires, request: Pick<WireRequest, 'method' | 'path' | 'header'>) {
  return wires.find((wire) => wire.owns(request)) ?? wires[0]
}
