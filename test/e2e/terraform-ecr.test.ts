/**
 * Terraform with the unmodified AWS provider: repositories, policies, the registry's settings, public repositories; apply,
 * a plan without changes, destroy. Where the provider comes from: see support/terraform.ts.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { DescribeRepositoriesCommand, GetLifecyclePolicyCommand } from '@aws-sdk/client-ecr';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';
import { makeImage, pushImage } from '../support/images.ts';
import { plugins, skipTerraform, terraform } from '../support/terraform.ts';

const run = promisify(execFile);

const configuration = (endpoint: string, accessKeyId: string, secretAccessKey: string) => `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                     = "us-east-1"
  access_key                 = "${accessKeyId}"
  secret_key                 = "${secretAccessKey}"
  skip_metadata_api_check    = true
  skip_region_validation     = true
  skip_requesting_account_id = false
  endpoints {
    ecr            = "${endpoint}"
    ecrpublic      = "${endpoint}"
    kms            = "${endpoint}"
    secretsmanager = "${endpoint}"
    sts            = "${endpoint}"
  }
  default_tags {
    tags = { from = "terraform" }
  }
}

data "aws_caller_identity" "me" {}

resource "aws_kms_key" "images" {}

resource "aws_ecr_repository" "plain" {
  name         = "team/plain"
  force_delete = true
  image_scanning_configuration {
    scan_on_push = true
  }
  tags = { team = "x" }
}

resource "aws_ecr_repository" "encrypted" {
  name                 = "team/encrypted"
  image_tag_mutability = "IMMUTABLE"
  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.images.arn
  }
}

resource "aws_ecr_repository_policy" "plain" {
  repository = aws_ecr_repository.plain.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "pull"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::\${data.aws_caller_identity.me.account_id}:root" }
      Action    = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    }]
  })
}

resource "aws_ecr_lifecycle_policy" "plain" {
  repository = aws_ecr_repository.plain.name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "untagged go after two weeks"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 14 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        selection    = { tagStatus = "tagged", tagPatternList = ["v*"], countType = "imageCountMoreThan", countNumber = 30 }
        action       = { type = "expire" }
      },
    ]
  })
}

resource "aws_ecr_registry_policy" "main" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "replicate"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::210987654321:root" }
      Action    = ["ecr:ReplicateImage"]
      Resource  = ["arn:aws:ecr:us-east-1:\${data.aws_caller_identity.me.account_id}:repository/*"]
    }]
  })
}

resource "aws_ecr_replication_configuration" "main" {
  replication_configuration {
    rule {
      destination {
        region      = "us-west-2"
        registry_id = data.aws_caller_identity.me.account_id
      }
      repository_filter {
        filter      = "team"
        filter_type = "PREFIX_MATCH"
      }
    }
  }
}

resource "aws_ecr_registry_scanning_configuration" "main" {
  scan_type = "ENHANCED"
  rule {
    scan_frequency = "SCAN_ON_PUSH"
    repository_filter {
      filter      = "*"
      filter_type = "WILDCARD"
    }
  }
  rule {
    scan_frequency = "CONTINUOUS_SCAN"
    repository_filter {
      filter      = "team/*"
      filter_type = "WILDCARD"
    }
  }
}

resource "aws_ecr_account_setting" "scope" {
  name  = "REGISTRY_POLICY_SCOPE"
  value = "V2"
}

resource "aws_secretsmanager_secret" "hub" {
  name                    = "ecr-pullthroughcache/hub"
  recovery_window_in_days = 0
}

resource "aws_ecr_pull_through_cache_rule" "hub" {
  ecr_repository_prefix = "hub"
  upstream_registry_url = "registry-1.docker.io"
  credential_arn        = aws_secretsmanager_secret.hub.arn
}

resource "aws_ecr_pull_through_cache_rule" "public" {
  ecr_repository_prefix = "ecr-public"
  upstream_registry_url = "public.ecr.aws"
}

resource "aws_ecr_repository_creation_template" "cached" {
  prefix               = "hub"
  description          = "cached images"
  image_tag_mutability = "MUTABLE"
  applied_for          = ["PULL_THROUGH_CACHE"]
  encryption_configuration {
    encryption_type = "AES256"
  }
  resource_tags = { cached = "yes" }
  lifecycle_policy = jsonencode({
    rules = [{
      rulePriority = 1
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 5 }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_ecrpublic_repository" "gallery" {
  repository_name = "gallery"
  catalog_data {
    description       = "for everybody"
    about_text        = "# About"
    usage_text        = "# Usage"
    architectures     = ["x86-64"]
    operating_systems = ["Linux"]
  }
}

resource "aws_ecrpublic_repository_policy" "gallery" {
  repository_name = aws_ecrpublic_repository.gallery.repository_name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "push"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::\${data.aws_caller_identity.me.account_id}:root" }
      Action    = ["ecr-public:PutImage"]
    }]
  })
}

data "aws_ecr_authorization_token" "token" {}

data "aws_ecr_repositories" "all" {
  depends_on = [aws_ecr_repository.plain, aws_ecr_repository.encrypted]
}

output "repository_url" {
  value = aws_ecr_repository.plain.repository_url
}

output "proxy_endpoint" {
  value = data.aws_ecr_authorization_token.token.proxy_endpoint
}

output "names" {
  value = sort(data.aws_ecr_repositories.all.names)
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

test('terraform on ECR: apply, no changes, destroy', { skip: skipTerraform, timeout: 300_000 }, async () => {
  const controlPlane = await startTestControlPlane();
  const ecr = controlPlane.ecr();
  try {
    await inTerraform(controlPlane, async (tf) => {
      await tf('apply', '-auto-approve');
      const outputs = JSON.parse(await tf('output', '-json'));
      assert.equal(outputs.repository_url.value, `127.0.0.1:${controlPlane.port}/123456789012.us-east-1/team/plain`);
      assert.equal(outputs.proxy_endpoint.value, controlPlane.endpoint);
      assert.deepEqual(outputs.names.value, ['team/encrypted', 'team/plain']);
      const { repositories } = await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ['team/encrypted'] }));
      assert.equal(repositories![0]!.encryptionConfiguration!.encryptionType, 'KMS');
      const policy = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName: 'team/plain' }));
      assert.equal(JSON.parse(policy.lifecyclePolicyText!).rules.length, 2);
      await pushImage(ecr, 'team/plain', makeImage('terraform'), 'v1');
      assert.match(await tf('plan', '-detailed-exitcode'), /No changes\./);
      await tf('destroy', '-auto-approve');
      const after = await ecr.send(new DescribeRepositoriesCommand({}));
      assert.deepEqual(after.repositories, []);
    });
  } finally {
    await controlPlane.close();
  }
});
