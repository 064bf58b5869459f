import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { systemRandom } from '#lib/random.ts';
import { certify, makeAuthority } from './certificates.ts';

const serial = () => systemRandom.bytes(16);

test('a certificate of the authority is good for its name and for no other', async () => {
  const name = '123456789012.dkr.ecr.us-east-1.amazonaws.com';
  const authority = await makeAuthority('Slipway of a test', Date.now(), serial());
  const leaf = await certify(authority, name, Date.now(), serial());
  const read = new X509Certificate(leaf.cert);
  assert.equal(read.subjectAltName, `DNS:${name}`);
  assert.ok(read.verify(new X509Certificate(authority.cert).publicKey));
  assert.ok(!read.ca && new X509Certificate(authority.cert).ca);

  const server = createServer(leaf, (socket) => socket.end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const shake = (servername: string, ca: string | undefined) =>
    new Promise<string>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', servername, ...(ca !== undefined && { ca }) });
      socket.once('data', (bytes) => resolve(bytes.toString()));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
    });
  assert.equal(await shake(name, authority.cert), 'hello');
  assert.equal(await shake('public.ecr.aws', authority.cert), 'ERR_TLS_CERT_ALTNAME_INVALID');
  assert.notEqual(await shake(name, undefined), 'hello');
  server.close();
});
