import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { createIssuerKeys, mayAsk } from './issuer-keys.ts';

test('only https is asked, and http on loopback', () => {
  for (const address of ['https://a.example', 'http://127.0.0.1:1', 'http://localhost:1', 'http://[::1]:1']) {
    assert.equal(mayAsk(address), true, address);
  }
  for (const address of ['http://a.example', 'http://169.254.169.254', 'file:///etc/passwd', 'a.example', '']) {
    assert.equal(mayAsk(address), false, address);
  }
});

test('keys are kept, fetched anew when old ones do not do, and failures are remembered for a moment', async (t) => {
  let answer: (path: string) => [number, string, Record<string, string>?] = () => [500, ''];
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    const [status, body, headers] = answer(request.url!);
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = new FakeClock();
  const keys = createIssuerKeys({ clock });
  const good = (path: string): [number, string] =>
    path === '/keys' ? [200, '{"keys":[]}'] : [200, JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` })];

  await assert.rejects(keys.get(issuer), { name: 'IssuerUnusable' });
  answer = good;
  await assert.rejects(keys.get(issuer), { name: 'IssuerUnusable' });
  assert.equal(asked, 1);
  clock.advance(6_000);
  assert.deepEqual((await keys.get(issuer)).keySet, { keys: [] });
  assert.equal(asked, 3);
  await keys.get(issuer, clock.now() + 1);
  assert.equal(asked, 3);
  clock.advance(31_000);
  await keys.get(issuer);
  assert.equal(asked, 3);
  await keys.get(issuer, clock.now());
  assert.equal(asked, 5);
  clock.advance(601_000);
  await keys.get(issuer);
  assert.equal(asked, 7);

  const bad: readonly [number, string, Record<string, string>?][] = [
    [200, 'no json'],
    [200, '[]'],
    [200, JSON.stringify({ issuer: 'https://other.example', jwks_uri: `${issuer}/keys` })],
    [200, JSON.stringify({ issuer, jwks_uri: 'http://internal.example/keys' })],
    [200, `{"pad":"${'x'.repeat(600_000)}"}`],
  ];
  for (const reply of bad) {
    clock.advance(601_000);
    answer = () => reply;
    await assert.rejects(keys.get(issuer), { name: 'IssuerUnusable' });
  }
  clock.advance(601_000);
  answer = () => [302, '', { location: `${issuer}/elsewhere` }];
  await assert.rejects(keys.get(issuer), { name: 'IssuerUnreachable' });
});
