/** One HTTP request and reply as the protocol room sees them: read whole, before anything is decided. */
export type WireHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface WireRequest {
  readonly method: string;
  /** The undecoded path, without the query. */
  readonly path: string;
  /** The undecoded query, without `?`. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: WireHeaders;
  readonly body: Buffer;
  /** The limit in bytes that the body went beyond; `body` is then empty. */
  readonly exceededLimitBytes?: number;
  readonly remoteAddress: string;
  /** It came over TLS. */
  readonly secure?: boolean;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
}

export interface WireReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** The first value of a header. */
export function header(headers: WireHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value[0];
}
