/** IAM as people type it: the unmodified AWS CLI, in every version that this machine has. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { findAwsClis } from '../support/aws-cli.ts';
import { startTestControlPlane, type TestControlPlane, testAccount } from '../support/control-plane.ts';

const run = promisify(execFile);
const clis = findAwsClis();

if (clis.length === 0) test('AWS CLI', { skip: 'no AWS CLI on this machine' }, () => {});

for (const { program, version } of clis) {
  describe(version, () => {
    let plane: TestControlPlane;
    before(async () => {
      plane = await startTestControlPlane();
    });
    after(() => plane.close());

    const as =
      (credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }) =>
      // biome-ignore lint/suspicious/noExplicitAny: JSON of any command
      async (...argv: string[]): Promise<any> => {
        const { stdout } = await run(program, ['--endpoint-url', plane.endpoint, '--output', 'json', ...argv], {
          env: {
            PATH: process.env['PATH'],
            HOME: '/nonexistent',
            AWS_ACCESS_KEY_ID: credentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
            AWS_DEFAULT_REGION: 'eu-west-1',
            AWS_PAGER: '',
            AWS_EC2_METADATA_DISABLED: 'true',
          },
          timeout: 60_000,
        });
        return stdout.trim() === '' ? undefined : JSON.parse(stdout);
      };

    test('a role with its policies, a user with a key, and who may do what', { timeout: 300_000 }, async () => {
      const aws = as(plane.administrator);
      const trust = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      });
      const policyArn = 'arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy';
      const role = ['--role-name', 'ecsTaskExecutionRole'];
      const made = await aws('iam', 'create-role', ...role, '--assume-role-policy-document', trust);
      assert.deepEqual(made.Role.AssumeRolePolicyDocument, JSON.parse(trust));
      await aws('iam', 'wait', 'role-exists', ...role);
      await aws('iam', 'attach-role-policy', ...role, '--policy-arn', policyArn);
      const attached = await aws('iam', 'list-attached-role-policies', ...role);
      assert.equal(attached.AttachedPolicies[0].PolicyArn, policyArn);
      const version = await aws('iam', 'get-policy-version', '--policy-arn', policyArn, '--version-id', 'v1');
      assert.equal(version.PolicyVersion.Document.Version, '2012-10-17');

      await aws('iam', 'create-user', '--user-name', 'ci', '--tags', 'Key=team,Value=a');
      const { AccessKey: key } = await aws('iam', 'create-access-key', '--user-name', 'ci');
      const ci = as({ accessKeyId: key.AccessKeyId, secretAccessKey: key.SecretAccessKey });
      assert.equal((await ci('sts', 'get-caller-identity')).Arn, `arn:aws:iam::${testAccount}:user/ci`);
      await assert.rejects(ci('iam', 'list-roles'), /AccessDenied.*iam:ListRoles/);
      const simulated = await aws(
        ...['iam', 'simulate-principal-policy', '--action-names', 'ecs:RunTask'],
        ...['--policy-source-arn', `arn:aws:iam::${testAccount}:user/ci`],
      );
      assert.equal(simulated.EvaluationResults[0].EvalDecision, 'implicitDeny');

      const names = (await aws('iam', 'list-policies', '--scope', 'AWS', '--page-size', '10')).Policies;
      assert.ok(names.length > 30);
      await assert.rejects(aws('iam', 'delete-role', ...role), /DeleteConflict/);
      await assert.rejects(aws('iam', 'get-role', '--role-name', 'none'), /NoSuchEntity/);
    });
  });
}
