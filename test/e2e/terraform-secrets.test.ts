/**
 * Terraform with the unmodified AWS provider: parameters, secrets and keys; apply, a plan without changes, a change,
 * destroy. Where the provider comes from: see support/terraform.ts.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { DescribeParametersCommand, GetParameterCommand } from '@aws-sdk/client-ssm';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';
import { plugins, skipTerraform, terraform } from '../support/terraform.ts';

const run = promisify(execFile);

const configuration = (endpoint: string, accessKeyId: string, secretAccessKey: string) => `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "password" {
  default = "first"
}

provider "aws" {
  region                  = "us-east-1"
  access_key              = "${accessKeyId}"
  secret_key              = "${secretAccessKey}"
  skip_metadata_api_check = true
  skip_region_validation  = true
  endpoints {
    kms            = "${endpoint}"
    secretsmanager = "${endpoint}"
    ssm            = "${endpoint}"
    sts            = "${endpoint}"
  }
  default_tags {
    tags = { from = "terraform" }
  }
}

data "aws_caller_identity" "me" {}

resource "aws_kms_key" "main" {
  description             = "for the rest"
  deletion_window_in_days = 7
  enable_key_rotation     = true
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "all"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::\${data.aws_caller_identity.me.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
}

resource "aws_kms_key" "signing" {
  key_usage                = "SIGN_VERIFY"
  customer_master_key_spec = "ECC_NIST_P256"
  deletion_window_in_days  = 7
}

resource "aws_kms_alias" "main" {
  name          = "alias/terraform"
  target_key_id = aws_kms_key.main.key_id
}

resource "aws_kms_grant" "reader" {
  name              = "reader"
  key_id            = aws_kms_key.main.key_id
  grantee_principal = "arn:aws:iam::\${data.aws_caller_identity.me.account_id}:root"
  operations        = ["Encrypt", "Decrypt"]
}

resource "aws_ssm_parameter" "plain" {
  name        = "/terraform/plain"
  description = "not secret"
  type        = "String"
  value       = "plain"
}

resource "aws_ssm_parameter" "secure" {
  name   = "/terraform/secure"
  type   = "SecureString"
  value  = var.password
  key_id = aws_kms_alias.main.name
}

resource "aws_ssm_parameter" "big" {
  name  = "/terraform/big"
  type  = "StringList"
  tier  = "Intelligent-Tiering"
  value = join(",", [for n in range(600) : "item-\${n}"])
}

resource "aws_secretsmanager_secret" "main" {
  name                    = "terraform/main"
  description             = "a secret"
  kms_key_id              = aws_kms_key.main.arn
  recovery_window_in_days = 0
  replica {
    region = "eu-west-1"
  }
}

resource "aws_secretsmanager_secret_version" "main" {
  secret_id     = aws_secretsmanager_secret.main.id
  secret_string = jsonencode({ password = var.password })
}

resource "aws_secretsmanager_secret_policy" "main" {
  secret_arn = aws_secretsmanager_secret.main.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::\${data.aws_caller_identity.me.account_id}:root" }
      Action    = "secretsmanager:GetSecretValue"
      Resource  = "*"
    }]
  })
}

data "aws_ssm_parameter" "ami" {
  name = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
}

output "ami" {
  value     = data.aws_ssm_parameter.ami.value
  sensitive = true
}
`;

async function inTerraform(
  controlPlane: TestControlPlane,
  body: (tf: (...args: string[]) => Promise<string>) => Promise<void>,
) {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-terraform-'));
  const { accessKeyId, secretAccessKey } = controlPlane.administrator;
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
    await writeFile(join(dir, 'main.tf'), configuration(controlPlane.endpoint, accessKeyId, secretAccessKey));
    await tf('init', `-plugin-dir=${plugins}`);
    await body(tf);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function check(controlPlane: TestControlPlane, password: string): Promise<void> {
  const secret = new GetSecretValueCommand({ SecretId: 'terraform/main' });
  for (const region of ['us-east-1', 'eu-west-1']) {
    const { SecretString } = await controlPlane.secretsManager({ region }).send(secret);
    assert.deepEqual(JSON.parse(SecretString!), { password });
  }
  const { Parameter } = await controlPlane
    .ssm()
    .send(new GetParameterCommand({ Name: '/terraform/secure', WithDecryption: true }));
  assert.equal(Parameter?.Value, password);
}

test('terraform: parameters, secrets and keys', { skip: skipTerraform, timeout: 300_000 }, async () => {
  const controlPlane = await startTestControlPlane();
  try {
    await inTerraform(controlPlane, async (tf) => {
      await tf('apply', '-auto-approve');
      await check(controlPlane, 'first');
      assert.match(await tf('plan', '-detailed-exitcode'), /No changes/);
      await tf('apply', '-auto-approve', '-var', 'password=second');
      await check(controlPlane, 'second');
      await tf('destroy', '-auto-approve');
      const { Parameters } = await controlPlane.ssm().send(new DescribeParametersCommand({}));
      assert.deepEqual(Parameters, []);
      await assert.rejects(controlPlane.kms().send(new DescribeKeyCommand({ KeyId: 'alias/terraform' })), {
        name: 'NotFoundException',
      });
    });
  } finally {
    await controlPlane.close();
  }
});
