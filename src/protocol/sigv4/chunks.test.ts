import assert from 'node:assert/strict';
import { createHmac, hash } from 'node:crypto';
import { describe, test } from 'node:test';
import { type ChunkSigning, readChunks } from './chunks.ts';

const signing: ChunkSigning = {
  key: Buffer.from('key'),
  date: '20260102T030405Z',
  scope: '20260102/us-east-1/s3/aws4_request',
  seed: 'ab'.repeat(32),
};

const sign = (text: string) => createHmac('sha256', signing.key).update(text).digest('hex');

function signedBody(parts: readonly string[], trailer?: string): Buffer {
  let previous = signing.seed;
  let out = '';
  for (const part of [...parts, '']) {
    const text = `AWS4-HMAC-SHA256-PAYLOAD\n${signing.date}\n${signing.scope}\n${previous}\n${hash('sha256', '')}\n${hash('sha256', part)}`;
    previous = sign(text);
    out += `${part.length.toString(16)};chunk-signature=${previous}\r\n${part}${part === '' ? '' : '\r\n'}`;
  }
  if (trailer === undefined) return Buffer.from(`${out}\r\n`);
  const text = `AWS4-HMAC-SHA256-TRAILER\n${signing.date}\n${signing.scope}\n${previous}\n${hash('sha256', `${trailer}\n`)}`;
  return Buffer.from(`${out}${trailer}\r\nx-amz-trailer-signature:${sign(text)}\r\n\r\n`);
}

describe('chunked payloads', () => {
  test('signed chunks are put together', () => {
    assert.equal(readChunks(signedBody(['hello ', 'world']), signing, false).toString(), 'hello world');
    assert.equal(readChunks(signedBody([]), signing, false).toString(), '');
  });

  test('signed trailers are checked', () => {
    const body = signedBody(['x'], 'x-amz-checksum-crc32:AAAAAA==');
    assert.equal(readChunks(body, signing, true).toString(), 'x');
    const forged = Buffer.from(body.toString().replace('AAAAAA', 'BBBBBB'));
    assert.throws(() => readChunks(forged, signing, true), /signature/);
  });

  test('a changed, dropped or reordered chunk is refused', () => {
    const text = signedBody(['one', 'two']).toString();
    assert.throws(() => readChunks(Buffer.from(text.replace('two', 'tow')), signing, false), /signature/);
    assert.throws(() => readChunks(Buffer.from(text.slice(text.indexOf('3;', 3))), signing, false), /signature/);
  });

  test('unsigned chunks with a trailer are read', () => {
    const body = Buffer.from('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n');
    assert.equal(readChunks(body, undefined, true).toString(), 'hello');
  });

  for (const body of ['', '5', '5\r\nhel', 'zz\r\n', '5\r\nhelloXX0\r\n\r\n', 'ffffffff\r\n', '0\r\nno colon\r\n']) {
    test(`${JSON.stringify(body)} is malformed`, () => {
      assert.throws(() => readChunks(Buffer.from(body), undefined, true), /malformed/);
    });
  }
});
