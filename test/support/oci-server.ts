/**
 * A small registry of the OCI specification that is none of ours: Bearer tokens, uploads in chunks, ranges. It counts what
 * it is asked, and fails as it is told.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface OciManifest {
  readonly bytes: Buffer;
  readonly type: string;
}

export interface OciRepository {
  /** By tag and by digest. */
  readonly manifests: Map<string, OciManifest>;
  readonly blobs: Map<string, Buffer>;
}

export interface OciRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly headers: IncomingMessage['headers'];
}

/** What to do instead of answering; `undefined` answers as usual. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Record<string, string> }
  | { readonly kind: 'break off'; readonly afterBytes: number }
  | { readonly kind: 'tamper' }
  | { readonly kind: 'wait'; readonly until: Promise<void> };

export interface OciServerOptions {
  /** Tokens are given for these; without any, to everybody. */
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly fault?: (request: OciRequest) => Fault | undefined;
}

export const digestOfBytes = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export class OciServer {
  readonly repositories = new Map<string, OciRepository>();
  readonly requests: OciRequest[] = [];
  fault: OciServerOptions['fault'];
  readonly #options: OciServerOptions;
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy());
  });
  readonly #tokens = new Set<string>();
  readonly #uploads = new Map<string, Buffer>();
  readonly #sockets = new Set<Socket>();
  port = 0;

  constructor(options: OciServerOptions = {}) {
    this.#options = options;
    this.fault = options.fault;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async start(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  /** Nobody answers any more; `start(port)` brings it back. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Of requests with a token: those without were sent away for one. */
  count(method: string, path: string | RegExp): number {
    const isMatch = (one: OciRequest) => (typeof path === 'string' ? one.path === path : path.test(one.path));
    const hasToken = (one: OciRequest) => one.authorization?.startsWith('Bearer ') === true;
    return this.requests.filter((one) => one.method === method && hasToken(one) && isMatch(one)).length;
  }

  repository(name: string): OciRepository {
    let found = this.repositories.get(name);
    if (!found) {
      found = { manifests: new Map(), blobs: new Map() };
      this.repositories.set(name, found);
    }
    return found;
  }

  /** Puts an image there; answers the digest of its manifest. */
  put(name: string, tag: string | undefined, manifest: OciManifest, blobs: readonly Buffer[] = []): string {
    const repository = this.repository(name);
    for (const blob of blobs) repository.blobs.set(digestOfBytes(blob), blob);
    const digest = digestOfBytes(manifest.bytes);
    repository.manifests.set(digest, manifest);
    if (tag !== undefined) repository.manifests.set(tag, manifest);
    return digest;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const { method = 'GET', headers } = request;
    const { authorization } = headers;
    const said: OciRequest = { method, path: url.pathname, authorization, headers };
    this.requests.push(said);
    let fault = this.fault?.(said);
    if (fault?.kind === 'wait') {
      await fault.until;
      fault = undefined;
    }
    if (fault?.kind === 'status') {
      request.resume();
      response.writeHead(fault.status, fault.headers ?? {}).end(JSON.stringify({ errors: [{ message: 'as told' }] }));
      return;
    }
    if (url.pathname === '/token') return this.#token(authorization, response);
    if (!this.#tokens.has(authorization?.replace(/^Bearer /, '') ?? '')) {
      request.resume();
      const realm = `Bearer realm="${this.url}/token",service="test",scope="ignored"`;
      response.writeHead(401, { 'WWW-Authenticate': realm }).end();
      return;
    }
    await this.#route(request, response, url, fault);
  }

  #token(authorization: string | undefined, response: ServerResponse): void {
    const { credentials } = this.#options;
    const wanted =
      credentials && `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
    if (wanted !== undefined && authorization !== wanted) {
      response.writeHead(401).end();
      return;
    }
    const token = randomBytes(12).toString('hex');
    this.#tokens.add(token);
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ token, expires_in: 300 }));
  }

  async #route(request: IncomingMessage, response: ServerResponse, url: URL, fault: Fault | undefined): Promise<void> {
    const { pathname } = url;
    if (pathname === '/v2/') return void response.writeHead(200).end('{}');
    const [, name = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs)\/(.*)$/.exec(pathname) ?? [];
    if (kind === 'manifests') return this.#manifest(request, response, name, reference);
    if (kind === 'blobs') return this.#blob(request, response, name, reference, fault);
    if (kind === 'blobs/uploads') return this.#upload(request, response, url, name, reference);
    response.writeHead(404).end();
  }

  async #manifest(request: IncomingMessage, response: ServerResponse, name: string, reference: string): Promise<void> {
    if (request.method === 'PUT') {
      const bytes = await bodyOf(request);
      const type = request.headers['content-type'] ?? '';
      const digest = this.put(name, reference.includes(':') ? undefined : reference, { bytes, type });
      response.writeHead(201, { 'Docker-Content-Digest': digest }).end();
      return;
    }
    const manifest = this.repositories.get(name)?.manifests.get(reference);
    if (!manifest) {
      response
        .writeHead(404)
        .end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }));
      return;
    }
    const headers = {
      'Content-Type': manifest.type,
      'Content-Length': manifest.bytes.length,
      'Docker-Content-Digest': digestOfBytes(manifest.bytes),
    };
    response.writeHead(200, headers).end(request.method === 'HEAD' ? undefined : manifest.bytes);
  }

  #blob(
    request: IncomingMessage,
    response: ServerResponse,
    name: string,
    digest: string,
    fault: Fault | undefined,
  ): void {
    const blob = this.repositories.get(name)?.blobs.get(digest);
    if (!blob) return void response.writeHead(404).end();
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const bytes = blob.subarray(from);
    const range = from > 0 ? { 'Content-Range': `bytes ${from}-${blob.length - 1}/${blob.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { 'Content-Length': bytes.length, ...range });
    if (request.method === 'HEAD') return void response.end();
    if (fault?.kind === 'break off') {
      response.write(bytes.subarray(0, fault.afterBytes), () => response.destroy());
      return;
    }
    response.end(fault?.kind === 'tamper' ? Buffer.alloc(bytes.length, 1) : bytes);
  }

  async #upload(request: IncomingMessage, response: ServerResponse, url: URL, name: string, id: string): Promise<void> {
    if (request.method === 'POST') {
      const made = randomBytes(8).toString('hex');
      this.#uploads.set(made, Buffer.alloc(0));
      response.writeHead(202, { Location: `/v2/${name}/blobs/uploads/${made}?state=x`, Range: '0-0' }).end();
      return;
    }
    const held = this.#uploads.get(id);
    if (!held) return void response.writeHead(404).end();
    const location = { Location: `/v2/${name}/blobs/uploads/${id}?state=x` };
    if (request.method === 'GET') {
      response.writeHead(204, { ...location, Range: `0-${Math.max(0, held.length - 1)}` }).end();
      return;
    }
    const all = Buffer.concat([held, await bodyOf(request)]);
    this.#uploads.set(id, all);
    if (request.method === 'PATCH') {
      response.writeHead(202, { ...location, Range: `0-${Math.max(0, all.length - 1)}` }).end();
      return;
    }
    const digest = digestOfBytes(all);
    if (digest !== url.searchParams.get('digest')) return void response.writeHead(400).end();
    this.repository(name).blobs.set(digest, all);
    response.writeHead(201, { Location: `/v2/${name}/blobs/${digest}` }).end();
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
