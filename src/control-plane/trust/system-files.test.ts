import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { FakeClock } from '#lib/clock.ts';
import { seededRandom } from '#lib/random.ts';
import { hostsOwner, removeHosts } from './system-files.ts';
import { trust, untrust } from './trust.ts';
import { readTrust } from './trust-files.ts';

const registries = [{ account: '123456789012', region: 'eu-west-1' }];

for (const hosts of ['127.0.0.1 localhost\n', '127.0.0.1 localhost', '']) {
  test(`files are as before afterwards: ${JSON.stringify(hosts)}`, async (t) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'slipway-trust-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const files = { hostsFile: path.join(directory, 'hosts'), certsDirectory: path.join(directory, 'docker/certs.d') };
    writeFileSync(files.hostsFile, hosts);
    const deps = { dataDir: directory, files, clock: new FakeClock(1_000_000_000), random: seededRandom(1) };

    const names = await trust(deps, { registries, public: true, port: 443 });
    assert.deepEqual(names, ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'public.ecr.aws']);
    for (const name of names) {
      assert.ok(readFileSync(files.hostsFile, 'utf8').includes(`127.0.0.1 ${name}\n`));
      assert.ok(existsSync(path.join(files.certsDirectory, name, 'slipway-ca.crt')));
    }
    assert.equal(hostsOwner(files), directory);
    const authority = readFileSync(path.join(directory, 'trust/ca.crt'), 'utf8');
    await trust(deps, { registries, public: false, port: 443 });
    assert.equal(readFileSync(path.join(directory, 'trust/ca.crt'), 'utf8'), authority);
    assert.equal(existsSync(path.join(files.certsDirectory, 'public.ecr.aws')), false);

    // Somebody else's lines, before and after ours, stay.
    const withMore = `${readFileSync(files.hostsFile, 'utf8')}10.0.0.1 other\n`;
    writeFileSync(files.hostsFile, withMore);
    assert.equal(untrust(deps), true);
    assert.equal(readFileSync(files.hostsFile, 'utf8'), `${hosts}10.0.0.1 other\n`);
    assert.equal(existsSync(path.join(directory, 'docker')), false);
    assert.equal(readTrust(directory), undefined);
    assert.equal(untrust(deps), false);
  });
}

test('names that are given to another address, or to another Slipway, are not taken', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'slipway-trust-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const files = { hostsFile: path.join(directory, 'hosts'), certsDirectory: path.join(directory, 'certs.d') };
  const deps = { dataDir: directory, files, clock: new FakeClock(1_000_000_000), random: seededRandom(1) };
  writeFileSync(files.hostsFile, '10.0.0.9 public.ecr.aws\n');
  await assert.rejects(trust(deps, { registries, public: true, port: 443 }), /has a line for public\.ecr\.aws already/);
  await trust(deps, { registries, public: false, port: 443 });
  await assert.rejects(
    trust({ ...deps, dataDir: '/elsewhere' }, { registries, public: false, port: 443 }),
    /untrust --data/,
  );
  removeHosts(files);
  assert.equal(readFileSync(files.hostsFile, 'utf8'), '10.0.0.9 public.ecr.aws\n');
});
