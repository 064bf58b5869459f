import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { AuthError } from '../errors.ts';
import { parseSignature } from './parse.ts';
import { createSignatureVerifier, type SignedRequest } from './verify.ts';

const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const now = Date.UTC(2026, 0, 2, 3, 4, 5);

class Sha256 {
  readonly #hash;
  constructor(key?: Uint8Array | string) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }
  update(data: Uint8Array | string) {
    this.#hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.#hash.digest());
  }
  reset() {}
}

const signer = (service = 'ecs') =>
  new SignatureV4({
    service,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: secret },
    sha256: Sha256 as never,
    uriEscapePath: service !== 's3',
  });

interface Unsigned {
  readonly method?: string;
  readonly path?: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const uriEscape = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const toQuery = (query: Record<string, unknown>) =>
  Object.entries(query)
    .map(([name, value]) => `${uriEscape(name)}=${uriEscape(String(value))}`)
    .join('&');

const plain = (request: Unsigned) => ({
  method: request.method ?? 'POST',
  protocol: 'http:',
  hostname: 'localhost',
  path: request.path ?? '/',
  query: request.query ?? {},
  headers: { host: 'localhost:4566', ...request.headers },
  body: request.body ?? '',
});

const toSigned = (request: Awaited<ReturnType<SignatureV4['sign']>>, body = ''): SignedRequest => ({
  method: request.method,
  path: request.path,
  query: toQuery(request.query ?? {}),
  headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value])),
  body: Buffer.from(body),
});

async function sign(request: Unsigned, at = now, service?: string): Promise<SignedRequest> {
  return toSigned(await signer(service).sign(plain(request), { signingDate: new Date(at) }), request.body);
}

const verify = (request: SignedRequest, withSecret = secret, at = now) =>
  createSignatureVerifier().verify(request, parseSignature(request), withSecret, at);

const refused = (failure: string, message?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof AuthError);
  assert.equal(error.failure, failure);
  if (message) assert.match(error.message, message);
  return true;
};

describe('a signature in the headers', () => {
  test('of the SDK verifies, whatever path, query, headers and body', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(text),
        fc.dictionary(
          text.filter((name) => name !== '' && name !== '__proto__'),
          text,
          { maxKeys: 5 },
        ),
        fc.string({ unit: 'grapheme', maxLength: 100 }),
        async (segments, query, body) => {
          const path = `/${segments.map(uriEscape).join('/')}`;
          verify(await sign({ path, query, body, headers: { 'x-amz-target': 'a  b\t c ', 'content-type': 'x' } }));
        },
      ),
      { numRuns: 150 },
    );
  });

  test('is refused when anything that it covers is changed', async () => {
    const signed = await sign({ body: '{}', query: { a: '1' }, headers: { 'x-amz-target': 'T.Op' } });
    const changed: Partial<SignedRequest>[] = [
      { method: 'PUT' },
      { path: '/x' },
      { query: 'a=2' },
      { body: Buffer.from('{ }') },
      { headers: { ...signed.headers, 'x-amz-target': 'T.Other' } },
      { headers: { ...signed.headers, host: 'elsewhere' } },
    ];
    for (const change of changed) {
      assert.throws(() => verify({ ...signed, ...change }), refused('signatureMismatch', /does not match/));
    }
    assert.throws(() => verify(signed, `${secret}x`), refused('signatureMismatch', /does not match/));
  });

  test('is refused beyond five minutes of skew, on either side', async () => {
    const minute = 60_000;
    for (const at of [now - 4.9 * minute, now + 4.9 * minute]) verify(await sign({}, at));
    const early = await sign({}, now - 6 * minute);
    assert.throws(
      () => verify(early),
      refused(
        'signatureMismatch',
        /^Signature expired: 20260102T025805Z is now earlier than 20260102T025905Z \(20260102T030405Z - 5 min\.\)$/,
      ),
    );
    const late = await sign({}, now + 6 * minute);
    assert.throws(
      () => verify(late),
      refused(
        'signatureMismatch',
        /^Signature not yet current: 20260102T031005Z is still later than 20260102T030905Z \(20260102T030405Z \+ 5 min\.\)$/,
      ),
    );
  });

  test('covers the word UNSIGNED-PAYLOAD instead of the payload', async () => {
    const signed = await sign({ body: 'one', headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } });
    assert.equal(verify({ ...signed, body: Buffer.from('two') }).toString(), 'two');
    const bound = await sign({ body: 'one' });
    const headers = { ...bound.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    assert.throws(() => verify({ ...bound, headers }), refused('signatureMismatch'));
  });

  test('takes a + in the query for the space that Go signs', async () => {
    const signed = await sign({
      method: 'GET',
      path: '/acs/ws',
      query: { dockerVersion: 'DockerVersion: 20.10+dfsg1' },
    });
    assert.match(signed.query, /%20.*%2B/);
    verify({ ...signed, query: signed.query.replaceAll('%20', '+') });
  });
});

describe('a presigned URL', () => {
  const presign = async (at = now, expiresIn = 60) =>
    toSigned(
      await signer('sts').presign(
        plain({ method: 'GET', query: { Action: 'GetCallerIdentity', Version: '2011-06-15' } }),
        { signingDate: new Date(at), expiresIn },
      ),
    );

  test('verifies until it expires', async () => {
    const signed = await presign();
    verify(signed);
    verify(signed, secret, now + 60_000);
    assert.throws(() => verify(signed, secret, now + 61_000), refused('signatureMismatch', /^Signature expired/));
  });

  test('is refused with another query or for longer than a week', async () => {
    const signed = await presign();
    assert.throws(() => verify({ ...signed, query: `${signed.query}&x=1` }), refused('signatureMismatch'));
    const query = signed.query.replace('X-Amz-Expires=60', 'X-Amz-Expires=604801');
    assert.throws(() => verify({ ...signed, query }), refused('incompleteSignature'));
  });
});

describe('a broken signature', () => {
  const headers = { host: 'localhost', 'x-amz-date': '20260102T030405Z' };
  const request = (authorization: string, more: object = {}): SignedRequest => ({
    method: 'POST',
    path: '/',
    query: '',
    headers: { ...headers, ...more, authorization },
    body: Buffer.alloc(0),
  });
  const credential = 'Credential=AKIA/20260102/us-east-1/ecs/aws4_request';
  const rest = 'SignedHeaders=host;x-amz-date, Signature=00';

  const cases: readonly [name: string, request: SignedRequest, failure: string, message: RegExp][] = [
    ['no signature', { ...request(''), headers }, 'missingToken', /Missing Authentication Token/],
    ['another algorithm', request('Basic eDp5'), 'incompleteSignature', /algorithm/],
    [
      'nothing but the algorithm',
      request('AWS4-HMAC-SHA256'),
      'incompleteSignature',
      /'Credential'.*'Signature'.*'SignedHeaders'/,
    ],
    [
      'no date',
      request(`AWS4-HMAC-SHA256 ${credential}, ${rest}`, { 'x-amz-date': undefined }),
      'incompleteSignature',
      /X-Amz-Date/,
    ],
    ['a short credential', request(`AWS4-HMAC-SHA256 Credential=AKIA/x, ${rest}`), 'incompleteSignature', /exactly 5/],
    [
      'another terminator',
      request(`AWS4-HMAC-SHA256 Credential=AKIA/20260102/us-east-1/ecs/aws3, ${rest}`),
      'signatureMismatch',
      /valid terminator/,
    ],
    [
      'another date',
      request(`AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/ecs/aws4_request, ${rest}`),
      'signatureMismatch',
      /does not match YYYYMMDD/,
    ],
    [
      'a region that is none',
      request(`AWS4-HMAC-SHA256 Credential=AKIA/20260102/us:east/ecs/aws4_request, ${rest}`),
      'signatureMismatch',
      /valid region/,
    ],
    [
      'an unsigned host',
      request(`AWS4-HMAC-SHA256 ${credential}, SignedHeaders=x-amz-date, Signature=00`),
      'signatureMismatch',
      /'Host'/,
    ],
    [
      'a signature that is no hex',
      request(`AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=zz`),
      'signatureMismatch',
      /does not match/,
    ],
  ];
  for (const [name, broken, failure, message] of cases) {
    test(`${name} is ${failure}`, () => assert.throws(() => verify(broken), refused(failure, message)));
  }
});
