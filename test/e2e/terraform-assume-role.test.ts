/**
 * Terraform under a role: its AWS provider assumes one with an external id and transitive session tags, then works with
 * what the role allows. Without terraform or the provider the test is skipped and says so.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startTestControlPlane } from '../support/control-plane.ts';
import { allow, makeRole, makeUser, type TestCredentials, trusting } from '../support/identities.ts';
import { plugins, skipTerraform, terraform } from '../support/terraform.ts';

const run = promisify(execFile);

const configuration = (endpoint: string, keys: TestCredentials, role: string, externalId: string) => `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                  = "eu-west-1"
  access_key              = "${keys.accessKeyId}"
  secret_key              = "${keys.secretAccessKey}"
  skip_metadata_api_check = true
  endpoints {
    ecs = "${endpoint}"
    sts = "${endpoint}"
  }
  assume_role {
    role_arn            = "${role}"
    session_name        = "terraform"
    external_id         = "${externalId}"
    tags                = { Team = "blue" }
    transitive_tag_keys = ["Team"]
  }
}

data "aws_caller_identity" "me" {}

output "arn" {
  value = data.aws_caller_identity.me.arn
}

resource "aws_ecs_cluster" "main" {
  name = "by-role"
}
`;

test('terraform works as a role that it assumes', { skip: skipTerraform, timeout: 300_000 }, async () => {
  const plane = await startTestControlPlane();
  const dir = await mkdtemp(join(tmpdir(), 'slipway-terraform-role-'));
  const call = (...argv: string[]) =>
    run(terraform!, [...argv, '-no-color'], { cwd: dir, env: { ...process.env, CHECKPOINT_DISABLE: '1' } });
  try {
    const ada = makeUser(plane, 'ada', [allow(['sts:AssumeRole', 'sts:TagSession'])]);
    const team = { StringEquals: { 'aws:PrincipalTag/Team': 'blue' } };
    const role = makeRole(
      plane,
      'deploy',
      trusting({ AWS: ada.arn }, { StringEquals: { 'sts:ExternalId': 'good' } }, ['sts:AssumeRole', 'sts:TagSession']),
      [allow('ecs:*', '*', { Condition: team })],
    );
    const configure = (externalId: string) =>
      writeFile(join(dir, 'main.tf'), configuration(plane.endpoint, ada.credentials, role, externalId));
    await configure('good');
    await call('init', `-plugin-dir=${plugins}`, '-input=false');
    const applied = await call('apply', '-auto-approve', '-input=false');
    assert.match(applied.stdout, new RegExp(`arn:aws:sts::${plane.account}:assumed-role/deploy/terraform`));
    await call('plan', '-detailed-exitcode', '-input=false');
    await configure('wrong');
    await assert.rejects(call('plan', '-input=false'), (error: { stderr: string }) => {
      assert.match(error.stderr.replace(/\s+│?\s*/g, ' '), /AccessDenied.*not authorized to perform: sts:AssumeRole/);
      return true;
    });
    await configure('good');
    await call('destroy', '-auto-approve', '-input=false');
  } finally {
    await plane.close();
    await rm(dir, { recursive: true, force: true });
  }
});
