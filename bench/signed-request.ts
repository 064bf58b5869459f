/** Calls of the API as bytes, signed before any clock starts. */
import { createHmac, hash } from 'node:crypto';

export interface Server {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** The bytes of one signed call, good for five minutes. */
export function signedRequest(server: Server, operation: string, input: object): Buffer {
  const body = JSON.stringify(input);
  const { host } = new URL(server.endpoint);
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${date.slice(0, 8)}/us-east-1/ecs/aws4_request`;
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    host,
    'x-amz-date': date,
    'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
  };
  const names = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ['POST', '/', '', lines.join(''), names, hash('sha256', body)].join('\n');
  const toSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hash('sha256', canonical)}`;
  let key = hmac(`AWS4${server.secretAccessKey}`, date.slice(0, 8));
  for (const part of ['us-east-1', 'ecs', 'aws4_request']) key = hmac(key, part);
  const signature = hmac(key, toSign).toString('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${server.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  const all = Object.entries({ ...headers, authorization, 'content-length': Buffer.byteLength(body) });
  return Buffer.from(`POST / HTTP/1.1\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`);
}
