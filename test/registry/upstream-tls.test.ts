/** Other registries behind TLS: only those whose certificate somebody vouches for. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { certify, makeAuthority } from '#control-plane/tls/certificates.ts';
import { digestOf } from '#images/digest.ts';
import { systemClock } from '#lib/clock.ts';
import { systemRandom } from '#lib/random.ts';
import { createHttpClient } from '#registry/client/http.ts';
import { RegistryClient } from '#registry/client/registry-client.ts';
import { UpstreamError } from '#registry/client/upstream-error.ts';

test('a certificate authority of the operator is trusted, and nobody else by accident', async () => {
  const serial = () => systemRandom.bytes(16);
  const authority = await makeAuthority('An authority of a test', Date.now(), serial());
  const leaf = await certify(authority, 'localhost', Date.now(), serial());
  const manifest = Buffer.from('{}');
  const server = createServer(leaf, (_, response) => response.end(manifest)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = new URL(`https://localhost:${(server.address() as AddressInfo).port}`);
  const read = async (ca: string | undefined) => {
    const http = createHttpClient({ userAgent: 'test', ca });
    const client = new RegistryClient({ base, repository: 'some/image', http, clock: systemClock });
    try {
      return (await client.manifest('v1')).digest;
    } catch (error) {
      return error;
    } finally {
      http.close();
    }
  };
  assert.equal(await read(authority.cert), digestOf(manifest));
  const refused = await read(undefined);
  assert.ok(refused instanceof UpstreamError);
  assert.match(refused.message, /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED/);
  server.closeAllConnections();
  server.close();
});
