/**
 * Passes one request of a container on to the control plane, and its answer back, as they are: the Host header and every
 * header that a signature may cover stay what the client wrote. Only headers of the connection itself go, and the one by
 * which the control plane's own processes name a client to each other.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream';

export interface Forwarder {
  /** `localAddress`: the address of this machine that the request comes from. */
  forward(request: IncomingMessage, response: ServerResponse, localAddress?: string): void;
  close(): void;
}

/** Longer than any call of AWS's takes that says nothing meanwhile. */
const idleTimeoutMs = 120_000;
/** Shorter than what the control plane keeps an idle connection for. */
const keepIdleMs = 30_000;

const ofTheConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'x-slipway-passed-on',
]);

/** `Connection` may name more headers that end here. */
function passedOn(raw: readonly string[], connection: string | undefined): string[] {
  const named = new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    // No one gets to take away what the signature covers or where the body ends.
    const isNamed = named.has(name) && name !== 'host' && name !== 'content-length';
    if (!ofTheConnection.has(name) && !isNamed) kept.push(raw[i]!, raw[i + 1]!);
  }
  return kept;
}

export function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  if (response.headersSent) return void response.destroy();
  const body = JSON.stringify({ __type: code, message });
  response.writeHead(status, {
    'Content-Type': 'application/x-amz-json-1.1',
    'Content-Length': Buffer.byteLength(body),
    'x-amzn-ErrorType': code,
    Connection: 'close',
  });
  response.end(body);
}

export function createForwarder(endpoint: string): Forwarder {
  const { protocol, hostname, port, pathname } = new URL(endpoint);
  const isTls = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const send = isTls ? httpsRequest : httpRequest;
  const options = { keepAlive: true, timeout: keepIdleMs };
  const newAgent = () => (isTls ? new HttpsAgent(options) : new HttpAgent(options));
  // The control plane hands whole connections to its registry, so the two kinds of requests share none.
  const agents = { api: newAgent(), registry: newAgent() };
  const base = pathname.replace(/\/$/, '');
  return {
    forward(request, response, localAddress) {
      const url = request.url ?? '/';
      const isRegistry = /^\/v2(?:[/?]|$)/.test(url);
      const onward = send({
        host,
        port: port === '' ? (isTls ? 443 : 80) : Number(port),
        ...(isTls && { servername: host }),
        method: request.method,
        path: `${base}${url}`,
        headers: passedOn(request.rawHeaders, request.headers.connection),
        agent: isRegistry ? agents.registry : agents.api,
        timeout: idleTimeoutMs,
        ...(localAddress !== undefined && { localAddress }),
      });
      onward.on('timeout', () => onward.destroy(new Error('timeout')));
      onward.on('error', () =>
        refuse(response, 503, 'ServiceUnavailable', 'The control plane does not answer. Try again.'),
      );
      onward.on('response', (answer) => {
        response.sendDate = false;
        response.writeHead(
          answer.statusCode ?? 502,
          answer.statusMessage,
          passedOn(answer.rawHeaders, answer.headers.connection),
        );
        pipeline(answer, response, () => {});
      });
      response.on('close', () => {
        if (!response.writableFinished) onward.destroy();
      });
      pipeline(request, onward, () => {});
    },
    close() {
      agents.api.destroy();
      agents.registry.destroy();
    },
  };
}
