/**
 * An agent reduced to its sockets: opens ACS or TCS as the official agent does (signed handshake, `+` for spaces in the
 * query, signed telemetry frames) and does nothing by itself. Signing is written out here, apart from the server's own.
 */
import { createHash, createHmac } from 'node:crypto';
import { WebSocket } from 'ws';

export interface AgentCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface RawAgentOptions {
  /** `http://host:port` */
  readonly endpoint: string;
  readonly kind: 'acs' | 'tcs';
  readonly containerInstanceArn: string;
  readonly cluster?: string;
  readonly credentials: AgentCredentials;
  readonly region?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever the server sends
type Any = any;

export interface RawAgent {
  /** Everything received so far, in order. */
  readonly received: readonly { readonly type: string; readonly message: Any }[];
  /** The `count`-th message of a type (the first by default), as soon as it is there; rejects after two seconds. */
  next(type: string, count?: number): Promise<Any>;
  send(type: string, message: object): void;
  /** Telemetry: signs the frame; `tamper` changes the body after the signature was made. */
  publish(type: string, message: object, tamper?: (body: string) => string): void;
  sendText(text: string): void;
  /** Resolves with the code of the closing. */
  readonly closed: Promise<number>;
  close(code?: number): void;
  terminate(): void;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

type Query = readonly (readonly [string, string])[];

function signedHeaders(options: RawAgentOptions, path: string, query: Query, body: string): Record<string, string> {
  const { credentials, region = 'us-east-1', endpoint } = options;
  const host = new URL(endpoint).host;
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/${region}/ecs/aws4_request`;
  const canonicalQuery = query
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const { sessionToken } = credentials;
  const names = `host;x-amz-date${sessionToken ? ';x-amz-security-token' : ''}`;
  const token = sessionToken ? [`x-amz-security-token:${sessionToken}`] : [];
  const lines = [`host:${host}`, `x-amz-date:${date}`, ...token, '', names, sha256(body)];
  const canonical = ['GET', path, canonicalQuery, ...lines].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = [date.slice(0, 8), region, 'ecs', 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(key, toSign).toString('hex');
  const Authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return {
    Authorization,
    Host: host,
    'X-Amz-Date': date,
    ...(sessionToken && { 'X-Amz-Security-Token': sessionToken }),
  };
}

function queryOf({ kind, containerInstanceArn, cluster = 'default' }: RawAgentOptions): Query {
  const version = [
    ['agentHash', 'a8b3e7d3'],
    ['agentVersion', '1.105.1'],
  ] as const;
  return kind === 'acs'
    ? [
        ...version,
        ['clusterArn', cluster],
        ['containerInstanceArn', containerInstanceArn],
        ['dockerVersion', 'DockerVersion: 20.10.24+dfsg1'],
        ['protocolVersion', '2'],
        ['sendCredentials', 'true'],
        ['seqNum', '1'],
      ]
    : [
        ...version,
        ['cluster', cluster],
        ['containerInstance', containerInstanceArn],
        ['dockerVersion', '20.10.24+dfsg1'],
      ];
}

/** Answers when the socket is open; rejects with `HTTP <status>: <body>` when the server refuses. */
export function openRawAgent(options: RawAgentOptions): Promise<RawAgent> {
  const path = `/${options.kind}/ws`;
  const query = queryOf(options);
  // Go's form encoding: a space is a plus sign on the wire, and is signed as %20.
  const wire = query.map(([name, value]) => `${name}=${encode(value).replaceAll('%20', '+')}`).join('&');
  const url = `${options.endpoint.replace('http', 'ws')}${path}?${wire}`;
  const socket = new WebSocket(url, { headers: signedHeaders(options, path, query, ''), perMessageDeflate: false });
  const received: { type: string; message: Any }[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data) => {
    received.push(JSON.parse(data.toString()));
    for (const check of [...waiting]) check();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));

  const next = (type: string, count = 1) =>
    new Promise<Any>((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(check);
        reject(
          new Error(`no ${type} (${count}) within two seconds; had ${received.map((one) => one.type).join(', ')}`),
        );
      }, 2_000);
      const check = () => {
        const found = received.filter((one) => one.type === type)[count - 1];
        if (!found) return;
        clearTimeout(timer);
        waiting.delete(check);
        resolve(found.message);
      };
      waiting.add(check);
      check();
    });

  const agent: RawAgent = {
    received,
    next,
    closed,
    send: (type, message) => socket.send(JSON.stringify({ type, message })),
    publish(type, message, tamper = (body) => body) {
      const body = JSON.stringify({ type, message });
      const headers = Object.entries(signedHeaders(options, path, query, body)).map(
        ([name, value]) => `${name}: ${value}`,
      );
      socket.send(`${headers.join('\r\n')}\r\n\r\n${tamper(body)}`);
    },
    sendText: (text) => socket.send(text),
    close: (code) => socket.close(code),
    terminate: () => socket.terminate(),
  };
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(agent));
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => reject(new Error(`HTTP ${response.statusCode}: ${body}`)));
    });
  });
}
