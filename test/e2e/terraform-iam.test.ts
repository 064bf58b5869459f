/**
 * Terraform with the unmodified AWS provider against IAM: apply, a plan without changes, an update, destroy. Where the
 * provider comes from: see support/terraform.ts.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { GetAccountSummaryCommand, GetRoleCommand, ListAttachedRolePoliciesCommand } from '@aws-sdk/client-iam';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';
import { plugins, skipTerraform, terraform } from '../support/terraform.ts';

const run = promisify(execFile);

const provider = ({ endpoint, administrator }: TestControlPlane) => `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                  = "us-east-1"
  access_key              = "${administrator.accessKeyId}"
  secret_key              = "${administrator.secretAccessKey}"
  skip_metadata_api_check = true
  skip_region_validation  = true
  endpoints {
    iam = "${endpoint}"
    sts = "${endpoint}"
  }
  default_tags {
    tags = { from = "terraform" }
  }
}
`;

const resources = (description: string) => `
data "aws_caller_identity" "me" {}

data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"]
    }
  }
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = [data.aws_caller_identity.me.account_id, aws_iam_user.deployer.arn]
    }
  }
}

data "aws_iam_policy" "execution" {
  name = "AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role" "task" {
  name                 = "task"
  path                 = "/ecs/"
  description          = "${description}"
  assume_role_policy   = data.aws_iam_policy_document.tasks.json
  max_session_duration = 7200
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.task.name
  policy_arn = data.aws_iam_policy.execution.arn
}

resource "aws_iam_role_policy" "inline" {
  name = "inline"
  role = aws_iam_role.task.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject"], Resource = "arn:aws:s3:::bucket/*" }]
  })
}

resource "aws_iam_policy" "boundary" {
  name = "boundary"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["ecs:*", "logs:*"], Resource = "*" }]
  })
}

resource "aws_iam_policy" "deploy" {
  name        = "deploy"
  path        = "/ci/"
  description = "deploys"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Sid = "Deploy", Effect = "Allow", Action = "ecs:UpdateService", Resource = "*", Condition = { StringEquals = { "aws:RequestedRegion" = "${description}" } } }]
  })
}

resource "aws_iam_instance_profile" "instances" {
  name = "instances"
  role = aws_iam_role.task.name
}

resource "aws_iam_user" "deployer" {
  name          = "deployer"
  path          = "/ci/"
  force_destroy = true
}

resource "aws_iam_access_key" "deployer" {
  user = aws_iam_user.deployer.name
}

resource "aws_iam_user_policy_attachment" "deploy" {
  user       = aws_iam_user.deployer.name
  policy_arn = aws_iam_policy.deploy.arn
}

resource "aws_iam_user_policy" "inline" {
  name   = "inline"
  user   = aws_iam_user.deployer.name
  policy = aws_iam_policy.boundary.policy
}

resource "aws_iam_group" "developers" {
  name = "developers"
}

resource "aws_iam_group_policy_attachment" "read" {
  group      = aws_iam_group.developers.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_group_membership" "developers" {
  name  = "developers"
  group = aws_iam_group.developers.name
  users = [aws_iam_user.deployer.name]
}

resource "aws_iam_service_linked_role" "ecs" {
  aws_service_name = "ecs.amazonaws.com"
}

resource "aws_iam_account_alias" "alias" {
  account_alias = "terraformed"
}

resource "aws_iam_account_password_policy" "strict" {
  minimum_password_length = 14
  require_numbers         = true
}

resource "aws_iam_openid_connect_provider" "ci" {
  url             = "https://token.example.com"
  client_id_list  = ["sts.amazonaws.com"]
  thumbprint_list = ["cf23df2207d99a74fbe169e3eba035e633b65d94"]
}

data "aws_iam_principal_policy_simulation" "deployer" {
  policy_source_arn = aws_iam_user.deployer.arn
  action_names      = ["ecs:RunTask"]
  depends_on        = [aws_iam_user_policy.inline]
}

output "may_run" {
  value = data.aws_iam_principal_policy_simulation.deployer.all_allowed
}
`;

async function inTerraform(
  plane: TestControlPlane,
  body: (tf: (...args: string[]) => Promise<string>, write: (text: string) => Promise<void>) => Promise<void>,
) {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-terraform-'));
  const env = {
    PATH: process.env['PATH'],
    HOME: dir,
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const tf = async (...args: string[]) => {
    const { stdout } = await run(terraform!, [...args, '-no-color'], { cwd: dir, env, maxBuffer: 1 << 24 });
    return stdout;
  };
  try {
    await writeFile(join(dir, 'provider.tf'), provider(plane));
    const write = (text: string) => writeFile(join(dir, 'main.tf'), text);
    await write(resources('us-east-1'));
    await tf('init', `-plugin-dir=${plugins}`);
    await body(tf, write);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

test('terraform: identities applied, unchanged, updated, destroyed', {
  skip: skipTerraform,
  timeout: 600_000,
}, async () => {
  const plane = await startTestControlPlane();
  const iam = plane.iam();
  const counts = async () => {
    const { SummaryMap: summary } = await iam.send(new GetAccountSummaryCommand({}));
    return [summary?.Users, summary?.Groups, summary?.Roles, summary?.Policies, summary?.InstanceProfiles];
  };
  try {
    await inTerraform(plane, async (tf, write) => {
      await tf('apply', '-auto-approve');
      const { Role: role } = await iam.send(new GetRoleCommand({ RoleName: 'task' }));
      assert.deepEqual([role?.Path, role?.MaxSessionDuration], ['/ecs/', 7200]);
      assert.deepEqual(role?.Tags, [{ Key: 'from', Value: 'terraform' }]);
      const { AttachedPolicies: attached } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: 'task' }));
      assert.deepEqual(
        attached?.map((policy) => policy.PolicyName),
        ['AmazonECSTaskExecutionRolePolicy'],
      );
      assert.equal((await tf('output', 'may_run')).trim(), 'true');
      assert.deepEqual(await counts(), [1, 1, 2, 2, 1]);
      assert.match(await tf('plan', '-detailed-exitcode'), /No changes\./);
      await write(resources('eu-west-1'));
      await tf('apply', '-auto-approve');
      assert.equal((await iam.send(new GetRoleCommand({ RoleName: 'task' }))).Role?.Description, 'eu-west-1');
      assert.match(await tf('plan', '-detailed-exitcode'), /No changes\./);
      await tf('destroy', '-auto-approve');
      assert.deepEqual(await counts(), [0, 0, 0, 0, 0]);
    });
  } finally {
    await plane.close();
  }
});
