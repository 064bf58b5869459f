import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { ConfigError, dataDirectory, isLoopback, parseUpConfig } from './config.ts';

test('without options: loopback, 4566, strict, with agent and sample', () => {
  assert.deepEqual(parseUpConfig({}, {}), {
    host: '127.0.0.1',
    port: 4566,
    dataDir: path.join(homedir(), '.slipway'),
    auth: 'strict',
    agent: true,
    containerEndpoint: true,
    sample: true,
    region: 'us-east-1',
    historyRetention: {},
    schedulers: {},
    registryCreateOnPush: false,
    registryStorage: { kind: 'fs' },
    registryGarbage: {},
    scanner: 'auto',
  });
});

test('without an agent there is no sample: nothing could run it', () => {
  assert.equal(parseUpConfig({ agent: false, sample: true }, {}).sample, false);
});

test('--data goes before SLIPWAY_DATA, and becomes absolute', () => {
  assert.equal(dataDirectory('x', { SLIPWAY_DATA: '/y' }), path.resolve('x'));
  assert.equal(dataDirectory(undefined, { SLIPWAY_DATA: '/y' }), '/y');
  assert.equal(dataDirectory('~/z', {}), path.join(homedir(), 'z'));
  assert.throws(() => dataDirectory(' ', {}), ConfigError);
});

test('the region comes from the option, then from the environment', () => {
  assert.equal(parseUpConfig({ region: 'eu-west-3' }, { AWS_REGION: 'us-west-2' }).region, 'eu-west-3');
  assert.equal(parseUpConfig({}, { AWS_REGION: 'us-gov-west-1' }).region, 'us-gov-west-1');
  assert.equal(parseUpConfig({}, { AWS_DEFAULT_REGION: 'ap-southeast-2' }).region, 'ap-southeast-2');
});

test('history is kept for days and MiB', () => {
  const { historyRetention } = parseUpConfig({ historyDays: '2', historyMib: '3' }, {});
  assert.deepEqual(historyRetention, { maxAgeMs: 2 * 24 * 3_600_000, maxBytes: 3 * 1_048_576 });
  for (const wrong of ['0', '-1', '1.5', 'x', '']) {
    assert.throws(() => parseUpConfig({ historyDays: wrong }, {}), /--history-days must be a whole number/);
    assert.throws(() => parseUpConfig({ historyMib: wrong }, {}), /--history-mib must be a whole number/);
  }
});

test('schedulers wait for minutes, and for ever with 0', () => {
  const { schedulers } = parseUpConfig({ instanceLossMinutes: '2', pendingTimeoutMinutes: '0' }, {});
  assert.deepEqual(schedulers, { instanceLossMs: 120_000, pendingTimeoutMs: 0 });
  assert.throws(
    () => parseUpConfig({ instanceLossMinutes: 'x' }, {}),
    /--instance-loss-minutes must be a whole number from 0/,
  );
});

test('what cannot be used is refused in words', () => {
  for (const port of ['', '-1', '65536', '1.5', '0x10', 'http']) {
    assert.throws(() => parseUpConfig({ port }, {}), /--port must be a number/, port);
  }
  for (const region of ['', 'mars', 'us_east_1']) {
    assert.throws(() => parseUpConfig({ region }, {}), /not the name of an AWS region/, region);
  }
  assert.throws(() => parseUpConfig({ host: 'http://x' }, {}), /--host/);
  assert.throws(() => parseUpConfig({ auth: 'off' }, {}), /--auth must be/);
});

test('permissive auth only where nobody else can reach it', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1']) {
    assert.ok(isLoopback(host), host);
    assert.equal(parseUpConfig({ host, auth: 'permissive' }, {}).auth, 'permissive');
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.com', 'localhost.example.com']) {
    assert.throws(() => parseUpConfig({ host, auth: 'permissive' }, {}), /only on a loopback address/, host);
  }
});

test('TLS needs a certificate and its key, and the registry a name', () => {
  const { tls } = parseUpConfig({ tlsCert: '/c.pem', tlsKey: '/k.pem' }, {});
  assert.deepEqual(tls, { certFile: '/c.pem', keyFile: '/k.pem', port: 8443 });
  assert.equal(parseUpConfig({}, {}).tls, undefined);
  assert.throws(() => parseUpConfig({ tlsCert: '/c.pem' }, {}), /--tls-cert FILE --tls-key FILE/);
  const withPort = (tlsPort: string) => parseUpConfig({ tlsCert: '/c.pem', tlsKey: '/k.pem', tlsPort }, {});
  assert.throws(() => withPort('x'), /--tls-port must be/);
  for (const registryDomain of ['registry.example.org', 'registry.example.org:8443'])
    assert.equal(parseUpConfig({ registryDomain }, {}).registryDomain, registryDomain);
  for (const registryDomain of ['https://registry.example.org', 'registry', 'a..b', 'Registry.example.org'])
    assert.throws(() => parseUpConfig({ registryDomain }, {}), /--registry-domain/);
});
