/**
 * A client of any registry that speaks the OCI distribution specification: one repository of it, with one set of
 * credentials. Blobs are streams, manifests are bytes; every digest is checked here, whatever the server says.
 *
 * Reads are tried again after failures that may pass, with growing pauses; a blob goes on where it broke off.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { algorithmOf, digestOf, isDigest } from '#images/digest.ts';
import { manifestMediaTypes, maxManifestBytes } from '#images/parse-manifest.ts';
import { type Backoff, backoffMs } from '#lib/backoff.ts';
import type { Clock } from '#lib/clock.ts';
import { parseChallenge } from './challenge.ts';
import { type HttpAnswer, type HttpClient, type HttpRequest, readAll } from './http.ts';
import { type Authorizer, type Credentials, createAuthorizer } from './tokens.ts';
import { problemOfStatus, UpstreamError } from './upstream-error.ts';

export interface RemoteManifest {
  readonly digest: string;
  readonly bytes: Buffer;
  /** As the server says; undefined leaves it to the document. */
  readonly mediaType: string | undefined;
}

export interface RemoteBlob {
  /** Where the server says; needed to tell a client how much will come. */
  readonly sizeBytes: number | undefined;
  /** All of it, resumed where it breaks off; throws `invalid` before the end when the digest is another one. */
  readonly chunks: AsyncIterable<Buffer>;
}

export interface ClientOptions {
  /** `https://host[:port][/path]`; the path stands between `/v2/` and the repository's name. */
  readonly base: URL;
  readonly repository: string;
  readonly credentials?: Credentials | undefined;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** On every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

const attempts = 4;
const pause: Backoff = { firstMs: 200, maxMs: 5_000, factor: 3, jitter: 0 };
/** Longer than that nobody waits here; who asked is told when to come again. */
const maxRetryAfterMs = 5_000;
/** After that nothing is tried again: somebody waits for the answer. */
const patienceMs = 15_000;
const maxErrorBytes = 64 * 1024;

export type Access = 'pull' | 'pull,push';

const isPassing = (error: unknown): error is UpstreamError =>
  error instanceof UpstreamError && (error.problem === 'unavailable' || error.problem === 'throttled');

function retryAfterOf(answer: HttpAnswer): number | undefined {
  const seconds = Number(answer.headers['retry-after']);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

/** The error that an answer is; its own words where it has some. */
export async function failureOf(answer: HttpAnswer, what: string): Promise<UpstreamError> {
  const { status, url } = answer;
  let said = '';
  try {
    const body = JSON.parse((await readAll(answer.stream, maxErrorBytes)).toString());
    const [first] = body?.errors ?? [];
    if (typeof first?.message === 'string') said = `: ${first.message.slice(0, 300)}`;
  } catch {
    answer.stream.destroy();
  }
  const message = `${url.host} answers ${status} to ${what}${said}`;
  return new UpstreamError(problemOfStatus(status), message, { status, retryAfterMs: retryAfterOf(answer) });
}

export class RegistryClient {
  readonly #options: ClientOptions;
  readonly #authorizer: Authorizer;

  constructor(options: ClientOptions) {
    this.#options = options;
    const { http, clock, credentials } = options;
    this.#authorizer = createAuthorizer({ http, clock, credentials });
  }

  get host(): string {
    return this.#options.base.host;
  }

  /** `manifests/latest` → the URL of it. */
  urlOf(path: string): URL {
    const { base, repository } = this.#options;
    const prefix = base.pathname.replace(/^\/|\/$/g, '');
    return new URL(`/v2/${prefix === '' ? '' : `${prefix}/`}${repository}/${path}`, base);
  }

  /** One request with the credentials that it turns out to need. Every status but 401 is an answer. */
  async request(request: HttpRequest, access: Access): Promise<HttpAnswer> {
    const { http, base, headers, repository } = this.#options;
    const prefix = base.pathname.replace(/^\/|\/$/g, '');
    const scope = `repository:${prefix === '' ? '' : `${prefix}/`}${repository}:${access}`;
    const isOwn = request.url.origin === base.origin;
    const send = (authorization: string | undefined) =>
      http.send({
        ...request,
        headers: {
          ...headers,
          ...request.headers,
          ...(isOwn && authorization !== undefined && { Authorization: authorization }),
        },
      });
    const answer = await send(this.#authorizer.known(scope));
    if (answer.status !== 401 || !isOwn) return answer;
    const challenge = parseChallenge(answer.headers['www-authenticate']);
    if (!challenge) throw await failureOf(answer, request.method);
    answer.stream.resume();
    const authorization = await this.#authorizer.answer(scope, challenge, request.url);
    if (request.body !== undefined && !Buffer.isBuffer(request.body)) {
      // The stream is spent; who calls begins it anew, and by then the credentials are known.
      throw new UpstreamError('unavailable', `${this.host} wanted credentials in the middle`, { status: 401 });
    }
    const second = await send(authorization);
    if (second.status === 401) throw await failureOf(second, `${request.method} with credentials`);
    return second;
  }

  /** Tries again what may pass. */
  async again<T>(work: () => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const until = clock.now() + patienceMs;
    for (let failures = 1; ; failures += 1) {
      try {
        return await work();
      } catch (error) {
        if (!isPassing(error) || failures === attempts || clock.now() >= until) throw error;
        const wanted = error.retryAfterMs ?? 0;
        if (wanted > maxRetryAfterMs) throw error;
        await clock.sleep(Math.max(wanted, backoffMs(pause, failures)));
      }
    }
  }

  async #once(method: 'GET' | 'HEAD', path: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const answer = await this.request({ method, url: this.urlOf(path), headers }, 'pull');
    if (answer.status === 200 || answer.status === 206) return answer;
    throw await failureOf(answer, `${method} ${path}`);
  }

  #read(method: 'GET' | 'HEAD', path: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    return this.again(() => this.#once(method, path, headers));
  }

  /** `reference` is a tag or a digest; the answer's digest is that of its bytes. */
  async manifest(reference: string): Promise<RemoteManifest> {
    return this.again(async () => {
      const accept = [...manifestMediaTypes, '*/*;q=0.1'].join(', ');
      const answer = await this.#once('GET', `manifests/${reference}`, { Accept: accept });
      const bytes = await readAll(answer.stream, maxManifestBytes);
      const said = answer.headers['docker-content-digest'];
      const wanted = isDigest(reference) ? reference : isDigest(said) ? said : undefined;
      const digest = digestOf(bytes, wanted === undefined ? 'sha256' : algorithmOf(wanted));
      if (wanted !== undefined && digest !== wanted) {
        throw new UpstreamError('invalid', `${this.host} sent ${digest} where ${wanted} was expected`);
      }
      const [type = ''] = (answer.headers['content-type'] ?? '').split(';', 1);
      return { digest, bytes, mediaType: type.trim().toLowerCase() || undefined };
    });
  }

  /** The digest behind a tag, without its manifest; undefined where the server does not say. */
  async resolve(tag: string): Promise<string | undefined> {
    const answer = await this.#read('HEAD', `manifests/${tag}`, { Accept: manifestMediaTypes.join(', ') });
    answer.stream.resume();
    const digest = answer.headers['docker-content-digest'];
    return isDigest(digest) ? digest : undefined;
  }

  /** Whether and how large it is there; size undefined where the server does not say. */
  async statBlob(digest: string): Promise<{ readonly sizeBytes: number | undefined } | undefined> {
    try {
      const answer = await this.#read('HEAD', `blobs/${digest}`);
      answer.stream.resume();
      const length = Number(answer.headers['content-length'] ?? Number.NaN);
      return { sizeBytes: Number.isSafeInteger(length) ? length : undefined };
    } catch (error) {
      if (error instanceof UpstreamError && error.problem === 'not found') return undefined;
      throw error;
    }
  }

  async blob(digest: string): Promise<RemoteBlob> {
    const first = await this.#read('GET', `blobs/${digest}`);
    const length = Number(first.headers['content-length'] ?? Number.NaN);
    const sizeBytes = Number.isSafeInteger(length) ? length : undefined;
    return { sizeBytes, chunks: this.#chunks(digest, first, sizeBytes) };
  }

  async *#chunks(digest: string, first: HttpAnswer, sizeBytes: number | undefined): AsyncGenerator<Buffer> {
    const hash = createHash(algorithmOf(digest));
    let at = 0;
    let answer: HttpAnswer | undefined = first;
    let failures = 0;
    let held: Buffer | undefined;
    while (answer || sizeBytes === undefined || at < sizeBytes) {
      try {
        answer ??= await this.#resume(digest, at);
        for await (const chunk of answer.stream as AsyncIterable<Buffer>) {
          failures = 0;
          hash.update(chunk);
          at += chunk.length;
          // The last piece is held back until the digest is known to be right: nobody gets a whole blob that is wrong.
          const ready = held;
          held = chunk;
          if (ready) yield ready;
        }
        if (sizeBytes === undefined || at >= sizeBytes) break;
        throw new UpstreamError('unavailable', `${this.host} broke off after ${at} of ${sizeBytes} bytes`);
      } catch (cause) {
        answer?.stream.destroy();
        answer = undefined;
        failures += 1;
        const error =
          cause instanceof UpstreamError
            ? cause
            : new UpstreamError('unavailable', `${this.host} broke off after ${at} bytes`, { cause });
        if (!isPassing(error) || failures >= attempts) throw error;
        await this.#options.clock.sleep(backoffMs(pause, failures));
      } finally {
        // Left early: the rest is of no use to anybody.
        if (answer && !answer.stream.readableEnded) answer.stream.destroy();
      }
    }
    const got = `${algorithmOf(digest)}:${hash.digest('hex')}`;
    if (got !== digest) throw new UpstreamError('invalid', `${this.host} sent ${got} where ${digest} was expected`);
    if (held) yield held;
  }

  /** From byte `at` on; a server that knows no ranges is read from its beginning again. */
  async #resume(digest: string, at: number): Promise<HttpAnswer> {
    const answer = await this.#once('GET', `blobs/${digest}`, at > 0 ? { Range: `bytes=${at}-` } : {});
    if (at > 0 && answer.status === 200) await skip(answer.stream, at);
    return answer;
  }

  /** Reaches the registry with these credentials; throws what is wrong. */
  async ping(): Promise<void> {
    const { base } = this.#options;
    const answer = await this.again(() => this.request({ method: 'GET', url: new URL('/v2/', base) }, 'pull'));
    if (answer.status >= 400) throw await failureOf(answer, 'GET /v2/');
    answer.stream.resume();
  }
}

async function skip(stream: IncomingMessage, bytes: number): Promise<void> {
  let left = bytes;
  while (left > 0) {
    const chunk: Buffer | null = stream.read();
    if (chunk === null) {
      if (stream.readableEnded || stream.destroyed) {
        throw new UpstreamError('unavailable', 'the blob has become shorter');
      }
      await new Promise<void>((resolve) => {
        const done = () => {
          stream.off('readable', done).off('end', done).off('close', done).off('error', done);
          resolve();
        };
        stream.on('readable', done).on('end', done).on('close', done).on('error', done);
      });
      continue;
    }
    if (chunk.length > left) stream.unshift(chunk.subarray(left));
    left -= Math.min(left, chunk.length);
  }
}
