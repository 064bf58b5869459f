/** The unmodified docker pulls through the cache of one Slipway what another one holds, and goes on when that is gone. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CreatePullThroughCacheRuleCommand, ECRClient, ValidatePullThroughCacheRuleCommand } from '@aws-sdk/client-ecr';
import { awsCli, findAwsClis } from '../support/aws-cli.ts';
import { ensureBusyboxImage } from '../support/busybox-image.ts';
import {
  dockerMissing,
  makeDataDirectory,
  removeAll,
  type Slipway,
  startSlipway,
  until,
} from '../support/slipway-process.ts';

const cli = findAwsClis().at(-1);
const skip = dockerMissing() || (cli ? false : 'no AWS CLI on this machine');

describe('docker through the pull-through cache', { skip }, () => {
  const [upstreamDir, cacheDir] = [makeDataDirectory(), makeDataDirectory()];
  const configDir = mkdtempSync(path.join(tmpdir(), 'slipway-docker-'));
  const env = { ...process.env, DOCKER_CONFIG: configDir };
  let upstream: Slipway;
  let cache: Slipway;
  let busybox: string;
  const hostOf = (slipway: Slipway) => `localhost:${new URL(slipway.endpoint).port}`;

  const docker = (argv: readonly string[], input?: string): string => {
    const options = { env, encoding: 'utf8', timeout: 120_000, ...(input !== undefined && { input }) } as const;
    const { status, stdout, stderr } = spawnSync('docker', argv, options);
    assert.equal(status, 0, `docker ${argv.join(' ')}\n${stdout}\n${stderr}`);
    return stdout;
  };
  const logIn = (slipway: Slipway) => {
    const password = awsCli(cli!, slipway.credentials).text('ecr', 'get-login-password').trim();
    docker(['login', '-u', 'AWS', '--password-stdin', hostOf(slipway)], password);
  };

  before(async () => {
    busybox = await ensureBusyboxImage();
    upstream = await startSlipway(upstreamDir, ['--no-agent', '--registry-create-on-push']);
    const { port } = new URL(upstream.endpoint);
    cache = await startSlipway(cacheDir, ['--no-agent', '--upstream', `docker-hub=http://127.0.0.1:${port}`]);
  });
  after(async () => {
    for (const slipway of [upstream, cache]) {
      if (!slipway) continue;
      const filter = ['--filter', `reference=${hostOf(slipway)}/*/*`, '--filter', `reference=${hostOf(slipway)}/*/*/*`];
      const names = spawnSync('docker', ['images', '-q', ...filter], { encoding: 'utf8' });
      for (const id of new Set(names.stdout.split('\n').filter(Boolean))) spawnSync('docker', ['rmi', '-f', id]);
      await slipway.stop();
    }
    removeAll(upstreamDir);
    removeAll(cacheDir);
    rmSync(configDir, { recursive: true, force: true });
  });

  test('pulls, and pulls again when the upstream is gone', async (t) => {
    if (busybox.startsWith('no image')) return t.skip(busybox);
    const aws = awsCli(cli!, cache.credentials);
    const { accessKeyId, secretAccessKey } = upstream.credentials;
    const value = JSON.stringify({ username: accessKeyId, accessToken: secretAccessKey });
    const secret = aws.json(
      'secretsmanager',
      'create-secret',
      '--name',
      'ecr-pullthroughcache/hub',
      '--secret-string',
      value,
    );
    // The AWS CLI of some machines is older than credentials of upstreams.
    const ecr = new ECRClient({ endpoint: cache.endpoint, region: 'us-east-1', credentials: cache.credentials });
    const rule = { ecrRepositoryPrefix: 'hub', upstreamRegistryUrl: 'registry-1.docker.io', credentialArn: secret.ARN };
    await ecr.send(new CreatePullThroughCacheRuleCommand(rule));
    const { isValid } = await ecr.send(new ValidatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'hub' }));
    ecr.destroy();
    assert.equal(isValid, true);

    logIn(upstream);
    const pushed = `${hostOf(upstream)}/library/busybox:1`;
    docker(['tag', 'busybox:latest', pushed]);
    docker(['push', pushed]);
    docker(['rmi', pushed]);
    logIn(cache);
    const image = `${hostOf(cache)}/hub/library/busybox:1`;
    docker(['pull', image]);
    assert.equal(docker(['run', '--rm', image, 'echo', 'through the cache']), 'through the cache\n');
    await until('the tag is cached', 20_000, () => {
      const described = aws.json('ecr', 'describe-images', '--repository-name', 'hub/library/busybox');
      return described.imageDetails[0]?.imageTags?.[0] === '1';
    });
    docker(['rmi', image]);
    await upstream.stop();
    docker(['pull', image]);
  });
});
