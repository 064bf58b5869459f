/** `slipway account`, `why-denied` and `iam simulate` as a user runs them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ListClustersCommand } from '@aws-sdk/client-ecs';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { startTestControlPlane, type TestControlPlane, testRegion } from '../../support/control-plane.ts';
import { allow, deny, makeUser, type TestIdentity } from '../../support/identities.ts';
import { launcher } from '../../support/slipway-process.ts';

let plane: TestControlPlane;
let ada: TestIdentity;

/** Asynchronous, because the control plane that answers lives here. */
function slipway(...argv: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(launcher, [...argv, '--data', plane.dataDir], { encoding: 'utf8' }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

before(async () => {
  plane = await startTestControlPlane();
  const { accessKeyId, secretAccessKey, account } = plane.administrator;
  const credentials = { accessKeyId, secretAccessKey, account, region: testRegion, endpoint: plane.endpoint };
  await writeFile(join(plane.dataDir, 'credentials.json'), JSON.stringify(credentials));
  ada = makeUser(plane, 'ada', [
    allow('ecs:Describe*'),
    { ...deny('ecs:ListClusters'), Sid: 'NoLists', Condition: { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } } },
  ]);
});
after(() => plane.close());

test('account create prints a key that works, account list shows every account', async () => {
  const { status, stdout, stderr } = await slipway('account', 'create', '--name', 'Staging', '--id', '000000000007');
  assert.equal(status, 0, stderr);
  const [, accessKeyId] = /AWS_ACCESS_KEY_ID=(\S+)/.exec(stdout)!;
  const [, secretAccessKey] = /AWS_SECRET_ACCESS_KEY=(\S+)/.exec(stdout)!;
  const credentials = { accessKeyId: accessKeyId!, secretAccessKey: secretAccessKey! };
  const { Arn } = await plane.sts({ credentials }).send(new GetCallerIdentityCommand());
  assert.equal(Arn, 'arn:aws:iam::000000000007:root');
  const list = await slipway('account', 'list');
  assert.match(list.stdout, /000000000007 +Staging/);
  assert.match(list.stdout, new RegExp(plane.account));
  assert.ok(!list.stdout.includes(secretAccessKey!));
  const again = await slipway('account', 'create', '--id', '000000000007');
  assert.equal(again.status, 1);
  assert.match(again.stderr, /There is an account 000000000007 already/);
});

test('why-denied names policy and statement', async () => {
  const sent = plane.ecs({ credentials: ada.credentials }).send(new ListClustersCommand());
  const { $metadata } = (await sent.catch((error: unknown) => error)) as { $metadata: { requestId: string } };
  const { status, stdout, stderr } = await slipway('why-denied', $metadata.requestId);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /with an explicit deny in an identity-based policy/);
  assert.match(stdout, /Deny +statement "NoLists" of inline policy test of user ada \(identity-based\)\n +it fits/);
  assert.match(stdout, /aws:sourceip +127\.0\.0\.1/);
  const unknown = await slipway('why-denied', 'no-such-request');
  assert.equal(unknown.status, 1);
  assert.match(unknown.stderr, /No refusal of request no-such-request is known/);
});

test('iam simulate says what would be decided, and by its exit code', async () => {
  const about = ['iam', 'simulate', '--principal', ada.arn];
  const allowed = await slipway(...about, '--action', 'ecs:DescribeTasks');
  assert.equal(allowed.status, 0, allowed.stderr);
  assert.match(allowed.stdout, /ecs:DescribeTasks +\* +allowed/);
  const deniedBy = ['--action', 'ecs:ListClusters', '--context', 'aws:SourceIp=127.0.0.1'];
  const denied = await slipway(...about, ...deniedBy, '--action', 'ecs:RunTask');
  assert.equal(denied.status, 2, denied.stderr);
  assert.match(denied.stdout, /ecs:ListClusters +\* +denied explicitly/);
  assert.match(denied.stdout, /ecs:RunTask +\* +denied/);
  const bad = await slipway(...about, '--action', 'ecs:RunTask', '--context', 'nonsense');
  assert.equal(bad.status, 1);
  assert.match(bad.stderr, /--context must look like KEY=VALUE/);
});
