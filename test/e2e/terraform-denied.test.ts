/**
 * Terraform by a user without rights, who then gets them one after the other: every resource is refused for want of its own
 * permission, and made with no more than what it takes. Without terraform or the provider the test is skipped and says so.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { DeleteUserPolicyCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { startTestControlPlane } from '../support/control-plane.ts';
import { allow, makeRole, makeUser, policy, type TestCredentials, trusting } from '../support/identities.ts';
import { plugins, skipTerraform, terraform } from '../support/terraform.ts';

const run = promisify(execFile);

const configuration = (endpoint: string, keys: TestCredentials, role: string) => `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                  = "us-east-1"
  access_key              = "${keys.accessKeyId}"
  secret_key              = "${keys.secretAccessKey}"
  skip_metadata_api_check = true
  max_retries             = 1
  endpoints {
    ecr            = "${endpoint}"
    ecs            = "${endpoint}"
    iam            = "${endpoint}"
    kms            = "${endpoint}"
    secretsmanager = "${endpoint}"
    ssm            = "${endpoint}"
    sts            = "${endpoint}"
  }
}

resource "aws_ecs_task_definition" "main" {
  family                = "app"
  task_role_arn         = "${role}"
  container_definitions = jsonencode([{ name = "a", image = "b", memory = 8, essential = true }])
}
resource "aws_iam_role" "main" {
  name               = "made"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}
resource "aws_ssm_parameter" "main" {
  name  = "/app/code"
  type  = "String"
  value = "1"
}
resource "aws_secretsmanager_secret" "main" {
  name                    = "db"
  recovery_window_in_days = 0
}
resource "aws_kms_key" "main" {
  deletion_window_in_days = 7
}
resource "aws_ecr_repository" "main" {
  name = "team/app"
}
`;

/** What each resource takes; the first action is the one that is withheld. */
const resources: Readonly<Record<string, readonly string[]>> = {
  aws_ecs_task_definition: ['iam:PassRole', 'ecs:*TaskDefinition'],
  aws_iam_role: ['iam:CreateRole', 'iam:GetRole', 'iam:List*', 'iam:DeleteRole'],
  aws_ssm_parameter: ['ssm:PutParameter', 'ssm:Get*', 'ssm:Describe*', 'ssm:List*', 'ssm:DeleteParameter'],
  aws_secretsmanager_secret: [
    'secretsmanager:CreateSecret',
    'secretsmanager:DescribeSecret',
    'secretsmanager:GetResourcePolicy',
    'secretsmanager:DeleteSecret',
  ],
  aws_kms_key: ['kms:CreateKey', 'kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:ScheduleKeyDeletion'],
  aws_ecr_repository: ['ecr:CreateRepository', 'ecr:Describe*', 'ecr:List*', 'ecr:DeleteRepository'],
};

test('terraform makes what its user may make, and is told what it lacks', {
  skip: skipTerraform,
  timeout: 600_000,
}, async () => {
  const plane = await startTestControlPlane();
  const dir = await mkdtemp(join(tmpdir(), 'slipway-terraform-denied-'));
  const call = (...argv: string[]) =>
    run(terraform!, [...argv, '-no-color'], { cwd: dir, env: { ...process.env, CHECKPOINT_DISABLE: '1' } });
  try {
    const ada = makeUser(plane, 'ada', []);
    const role = makeRole(plane, 'app', trusting({ Service: 'ecs-tasks.amazonaws.com' }));
    const resourceOf = (action: string) => (action === 'iam:PassRole' ? role : '*');
    const permit = (actions: readonly string[]) =>
      plane.iam().send(
        new PutUserPolicyCommand({
          UserName: 'ada',
          PolicyName: 'rights',
          PolicyDocument: policy(...actions.map((action) => allow(action, resourceOf(action)))),
        }),
      );
    await writeFile(join(dir, 'main.tf'), configuration(plane.endpoint, ada.credentials, role));
    await call('init', `-plugin-dir=${plugins}`, '-input=false');
    await permit(Object.values(resources).flatMap((actions) => actions.slice(1)));
    const refused = await call('apply', '-auto-approve', '-input=false').then(
      () => assert.fail('it was let'),
      (error: { stderr: string }) => error.stderr.replace(/\s+│?\s*/g, ' '),
    );
    for (const [withheld] of Object.values(resources)) {
      assert.match(String(refused), new RegExp(`not authorized to perform: ${withheld}`));
    }
    await permit(Object.values(resources).flat());
    const { stdout } = await call('apply', '-auto-approve', '-input=false');
    assert.match(stdout, /Apply complete! Resources: 6 added/);
    await call('plan', '-detailed-exitcode', '-input=false');
    await call('destroy', '-auto-approve', '-input=false');
    await plane.iam().send(new DeleteUserPolicyCommand({ UserName: 'ada', PolicyName: 'rights' }));
  } finally {
    await plane.close();
    await rm(dir, { recursive: true, force: true });
  }
});
