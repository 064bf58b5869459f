/** A request to the endpoint, and its answer, as values. */
export interface MetadataRequest {
  /** GET where absent. */
  readonly method?: string | undefined;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Of the sender. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  readonly userAgent?: string | undefined;
  readonly body?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
