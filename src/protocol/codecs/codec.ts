/**
 * What a wire protocol is to the pipeline. A codec compiles an operation's shapes into closures once, so that no schema
 * is looked at while a request is served. One file per protocol beside this one; docs/checklists/new-protocol.md.
 */
import type { Operation, StructureShape } from '../schema/shape.ts';
import type { ServiceDefinition, WireProtocol } from '../service.ts';
import type { WireReply, WireRequest } from '../wire.ts';

export interface OperationCodec {
  /**
   * The input that the request carries; `payload` is its body as authentication let it through. Throws a ServiceError
   * for what cannot be read as one.
   */
  readonly decode: (request: WireRequest, payload: Buffer) => Record<string, unknown>;
  readonly encode: (output: unknown, requestId: string) => WireReply;
}

/** An error ready for the wire: code and status are final. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly fault: 'client' | 'server';
  readonly httpStatus: number;
  /** Code and status of the Query protocols where the model gives them. */
  readonly queryError?: readonly [code: string, httpStatus: number];
  readonly shape?: StructureShape;
  readonly members: Readonly<Record<string, unknown>>;
}

export interface Codec {
  readonly protocol: WireProtocol;
  readonly compile: (service: ServiceDefinition, operation: Operation) => OperationCodec;
  readonly encodeError: (error: WireError, requestId: string, service: ServiceDefinition | undefined) => WireReply;
}
