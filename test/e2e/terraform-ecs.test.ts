/**
 * Terraform with the unmodified AWS provider against a control plane: apply, a plan without changes, destroy. The
 * provider comes from a plugin directory: SLIPWAY_TERRAFORM_PLUGINS, or one of the places where mirrors usually lie;
 * without terraform or the provider the test is skipped and says so.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { DescribeClustersCommand, DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';

const run = promisify(execFile);

const terraform = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((dir) => join(dir, 'terraform'))
  .find(existsSync);
const plugins = [
  process.env['SLIPWAY_TERRAFORM_PLUGINS'],
  join(homedir(), '.terraform.d/plugins'),
  '/usr/local/share/terraform/plugins',
  '/usr/share/terraform/plugins',
  '/opt/tf-plugins',
].find((dir) => dir !== undefined && existsSync(join(dir, 'registry.terraform.io/hashicorp/aws')));
const skip = !terraform
  ? 'terraform is not on the PATH'
  : !plugins && 'no plugin directory holds hashicorp/aws: set SLIPWAY_TERRAFORM_PLUGINS';

const configuration = (endpoint: string, accessKeyId: string, secretAccessKey: string) => `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "${accessKeyId}"
  secret_key                  = "${secretAccessKey}"
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = false
  endpoints {
    ecs = "${endpoint}"
    sts = "${endpoint}"
  }
  default_tags {
    tags = { from = "terraform" }
  }
}

resource "aws_ecs_cluster" "main" {
  name = "terraform"
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "main" {
  cluster_name       = aws_ecs_cluster.main.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
  default_capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base              = 1
    weight            = 100
  }
}

resource "aws_ecs_account_setting_default" "insights" {
  name  = "containerInsights"
  value = "enhanced"
}

resource "aws_ecs_task_definition" "bridge" {
  family       = "bridge"
  network_mode = "bridge"
  container_definitions = jsonencode([
    {
      name              = "web"
      image             = "nginx:1.27"
      cpu               = 128
      memoryReservation = 64
      essential         = true
      command           = ["nginx", "-g", "daemon off;"]
      environment       = [{ name = "B", value = "2" }, { name = "A", value = "1" }]
      portMappings      = [{ containerPort = 80 }, { containerPort = 443, hostPort = 8443 }]
      mountPoints       = [{ sourceVolume = "data", containerPath = "/data" }]
      ulimits           = [{ name = "nofile", softLimit = 1024, hardLimit = 2048 }]
      healthCheck       = { command = ["CMD-SHELL", "true"] }
      dependsOn         = [{ containerName = "init", condition = "SUCCESS" }]
      restartPolicy     = { enabled = true }
      linuxParameters   = { initProcessEnabled = true, capabilities = { drop = ["NET_RAW"] } }
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = "/ecs/web"
          awslogs-region        = "us-east-1"
          awslogs-stream-prefix = "web"
        }
      }
    },
    { name = "init", image = "busybox", memory = 16, essential = false, command = ["true"] },
  ])
  volume {
    name      = "data"
    host_path = "/srv/data"
  }
  volume {
    name = "shared"
    docker_volume_configuration {
      scope         = "shared"
      autoprovision = true
      driver        = "local"
      labels        = { a = "b" }
    }
  }
  placement_constraints {
    type       = "memberOf"
    expression = "attribute:ecs.os-type == linux"
  }
}

resource "aws_ecs_task_definition" "fargate" {
  family                   = "fargate"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  cpu                      = "256"
  memory                   = "512"
  container_definitions = jsonencode([
    { name = "web", image = "nginx:1.27", portMappings = [{ containerPort = 80, name = "http", appProtocol = "http" }] },
  ])
  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }
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

test('terraform: apply, no changes, destroy', { skip, timeout: 300_000 }, async () => {
  const controlPlane = await startTestControlPlane();
  const ecs = controlPlane.ecs();
  try {
    await inTerraform(controlPlane, async (tf) => {
      await tf('apply', '-auto-approve');
      const { clusters } = await ecs.send(
        new DescribeClustersCommand({ clusters: ['terraform'], include: ['SETTINGS', 'TAGS'] }),
      );
      assert.deepEqual(clusters?.[0]?.settings, [{ name: 'containerInsights', value: 'enabled' }]);
      assert.deepEqual(clusters?.[0]?.tags, [{ key: 'from', value: 'terraform' }]);
      assert.deepEqual(clusters?.[0]?.capacityProviders?.toSorted(), ['FARGATE', 'FARGATE_SPOT']);
      const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'fargate' }));
      assert.deepEqual([taskDefinition?.cpu, taskDefinition?.memory], ['256', '512']);
      assert.match(await tf('plan', '-detailed-exitcode'), /No changes\./);
      await tf('destroy', '-auto-approve');
      const after = await ecs.send(new DescribeClustersCommand({ clusters: ['terraform'] }));
      assert.equal(after.clusters?.[0]?.status, 'INACTIVE');
    });
  } finally {
    await controlPlane.close();
  }
});
