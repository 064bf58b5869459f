/**
 * Passing a request on to the other process of ours, where a connection that one of them holds asks for something of the other.
 * The address of the client travels with it; both processes believe it only with the secret that they share.
 */
import { timingSafeEqual } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';

export const passedOnHeaderName = 'x-slipway-passed-on';

export interface OtherProcess {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

export interface PassedOn {
  /** The client's. */
  readonly address: string;
  /** It came over TLS. */
  readonly secure: boolean;
}

/** The header that tells of the client; whoever has the secret is believed. */
export const passedOnHeader = (secret: string, { address, secure }: PassedOn): Record<string, string> => ({
  [passedOnHeaderName]: `${secret} ${address}${secure ? ' tls' : ''}`,
});

/** What is told of the client of a request that another process of ours has passed on, by the value of the header. */
export function readPassedOn(value: unknown, secret: string): PassedOn | undefined {
  if (typeof value !== 'string') return undefined;
  const given = Buffer.from(value.slice(0, secret.length));
  const wanted = Buffer.from(secret);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  const [address = '', tls] = value.slice(secret.length + 1).split(' ');
  return { address, secure: tls === 'tls' };
}

export const passedOn = (headers: IncomingHttpHeaders, secret: string): PassedOn | undefined =>
  readPassedOn(headers[passedOnHeaderName], secret);

/** Passed on once already: it goes round in a circle. */
const isPassedOn = (request: IncomingMessage): boolean => request.headers[passedOnHeaderName] !== undefined;

export function passOn(request: IncomingMessage, response: ServerResponse, other: OtherProcess): Promise<void> {
  return new Promise((resolve) => {
    const refuse = (status: number) => {
      if (!response.headersSent) response.writeHead(status, { 'content-length': 0, connection: 'close' });
      response.end();
      resolve();
    };
    if (isPassedOn(request)) return refuse(421);
    const headers = {
      ...request.headers,
      ...passedOnHeader(other.secret, { address: request.socket.remoteAddress ?? '', secure: false }),
      connection: 'close',
    };
    const { host, port } = other;
    const onward = httpRequest({ host, port, method: request.method, path: request.url, headers, agent: false });
    onward.on('response', (answer) => {
      const { connection: _, 'keep-alive': __, ...rest } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, rest);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => refuse(502));
    response.on('close', () => {
      onward.destroy();
      resolve();
    });
    request.pipe(onward);
  });
}
