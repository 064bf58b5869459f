/**
 * One HTTP exchange with another registry: connections that are kept, time-outs, TLS with further roots, redirects.
 *
 * - Plain HTTP only to loopback addresses and to hosts that the operator has named with `http://`.
 * - A redirect to another origin goes without the credentials; so does nothing else.
 * - Another server never leads us to one without TLS on this machine (a redirect, the realm of a challenge): only what is on
 *   this machine itself may.
 */
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { getCACertificates } from 'node:tls';
import { systemClock } from '#lib/clock.ts';
import { UpstreamError } from './upstream-error.ts';

export interface HttpSettings {
  /** PEM of certificate authorities that are trusted besides the usual ones. */
  readonly ca?: string | undefined;
  /** `host[:port]` of servers that may be spoken to without TLS, besides those on this machine. */
  readonly plainHosts?: ReadonlySet<string>;
  readonly userAgent: string;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Pieces are written one after the other, each before the next is asked for. */
  readonly body?: Buffer | AsyncIterable<Buffer> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The server that has named `url`, where it was not the operator. */
  readonly ledBy?: URL | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** To be read to its end or destroyed. */
  readonly stream: IncomingMessage;
  /** Where it came from after redirects. */
  readonly url: URL;
}

export interface HttpClient {
  /** Rejects with UpstreamError `unavailable`; every status is an answer. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  close(): void;
}

/** Longer: a dead upstream holds a pull up; shorter: slow ones are given up. */
const headTimeoutMs = 15_000;
/** Of silence in the middle of a body. */
const idleTimeoutMs = 60_000;
const maxRedirects = 5;
const maxSockets = 32;

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
export const isLoopbackHost = (hostname: string): boolean => loopback.test(hostname);

const isRedirect = (status: number) =>
  status === 301 || status === 302 || status === 303 || status === 307 || status === 308;

async function writeBody(request: http.ClientRequest, body: Buffer | AsyncIterable<Buffer>): Promise<void> {
  if (Buffer.isBuffer(body)) {
    request.end(body);
    return;
  }
  for await (const piece of body) {
    await new Promise<void>((resolve, reject) => {
      if (request.destroyed) return reject(new Error('the connection was closed'));
      request.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  }
  request.end();
}

export function createHttpClient(settings: HttpSettings): HttpClient {
  const plain = new http.Agent({ keepAlive: true, maxSockets });
  const roots = settings.ca === undefined ? undefined : [...getCACertificates('default'), settings.ca];
  const tls = new https.Agent({ keepAlive: true, maxSockets, ...(roots && { ca: roots }) });

  const requireSafe = (url: URL) => {
    if (url.protocol === 'https:') return;
    const isPlain = url.protocol === 'http:';
    if (isPlain && (isLoopbackHost(url.hostname) || settings.plainHosts?.has(url.host))) return;
    throw new UpstreamError('invalid', `${url.protocol}//${url.host} is not spoken to: it would be without TLS`);
  };

  const requireMayLead = (from: URL, to: URL) => {
    if (to.protocol === 'https:' || settings.plainHosts?.has(to.host) || isLoopbackHost(from.hostname)) return;
    throw new UpstreamError('invalid', `${from.host} leads to ${to.protocol}//${to.host}, which is not followed`);
  };

  const exchange = ({ method, url, headers, body, signal }: HttpRequest): Promise<HttpAnswer> => {
    requireSafe(url);
    const isPlain = url.protocol === 'http:';
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown) => {
        timer?.cancel();
        if (cause instanceof UpstreamError) return reject(cause);
        const why = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
        reject(new UpstreamError('unavailable', `${url.host} cannot be reached: ${why}`, { cause }));
      };
      const request = (isPlain ? http : https).request(url, {
        method,
        agent: isPlain ? plain : tls,
        headers: { 'User-Agent': settings.userAgent, 'Accept-Encoding': 'identity', ...headers },
        ...(signal && { signal }),
      });
      const giveUp = (what: string) => request.destroy(new UpstreamError('unavailable', `${url.host} ${what}`));
      // Counted from the last byte that was sent: an upload may take as long as it moves.
      let timer = body === undefined ? systemClock.after(headTimeoutMs, () => giveUp('does not answer')) : undefined;
      request.setTimeout(idleTimeoutMs, () => giveUp('has gone silent'));
      request.once('finish', () => {
        timer ??= systemClock.after(headTimeoutMs, () => giveUp('does not answer'));
      });
      request.once('error', fail);
      request.once('response', (stream) => {
        timer?.cancel();
        resolve({ status: stream.statusCode ?? 0, headers: stream.headers, stream, url });
      });
      if (body === undefined) request.end();
      else writeBody(request, body).catch((error: unknown) => request.destroy(error as Error));
    });
  };

  return {
    async send(request) {
      let { url, headers } = request;
      if (request.ledBy) requireMayLead(request.ledBy, url);
      for (let redirects = 0; ; redirects += 1) {
        const answer = await exchange({ ...request, url, ...(headers && { headers }) });
        const { location } = answer.headers;
        const isFollowed = request.method === 'GET' || request.method === 'HEAD';
        if (!isFollowed || !isRedirect(answer.status) || location === undefined) return answer;
        answer.stream.resume();
        if (redirects === maxRedirects) throw new UpstreamError('invalid', `${url.host} redirects without end`);
        const next = new URL(location, url);
        if (next.origin !== url.origin) requireMayLead(url, next);
        if (next.origin !== url.origin && headers) {
          const { Authorization: _, ...rest } = headers;
          headers = rest;
        }
        url = next;
      }
    },
    close() {
      plain.destroy();
      tls.destroy();
    },
  };
}

/** Rejects beyond `limitBytes`. */
export async function readAll(stream: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limitBytes) throw new UpstreamError('invalid', `the answer is larger than ${limitBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof UpstreamError) throw cause;
    throw new UpstreamError('unavailable', 'the answer broke off', { cause });
  }
  return Buffer.concat(chunks, size);
}
