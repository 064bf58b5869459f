/**
 * Terraform with the unmodified AWS provider against a control plane: apply, a plan without changes, destroy. Where the
 * provider comes from: see support/terraform.ts.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { DescribeClustersCommand, DescribeServicesCommand, DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { startTestControlPlane, type TestControlPlane } from '../support/control-plane.ts';
import { plugins, skipTerraform, terraform } from '../support/terraform.ts';

const run = promisify(execFile);

const provider = (endpoint: string, accessKeyId: string, secretAccessKey: string) => `
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
`;

const definitions = `
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

/** Services of every scheduler on the EC2 launch type, without an instance to run on; `count` and `image` are updated. */
const services = (count: number, image: string) => `
resource "aws_ecs_capacity_provider" "edge" {
  name = "edge"
  auto_scaling_group_provider {
    auto_scaling_group_arn         = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:5b1a7b3e-2f5c-4d4c-9a57-0f3a7a1f0c11:autoScalingGroupName/edge"
    managed_termination_protection = "DISABLED"
    managed_scaling {
      status          = "ENABLED"
      target_capacity = ${count * 10}
    }
  }
}

resource "aws_ecs_cluster" "main" {
  name = "services"
  lifecycle {
    ignore_changes = [tags, tags_all]
  }
}

resource "aws_ecs_cluster_capacity_providers" "main" {
  cluster_name       = aws_ecs_cluster.main.name
  capacity_providers = [aws_ecs_capacity_provider.edge.name]
}

resource "aws_ecs_tag" "owner" {
  resource_arn = aws_ecs_cluster.main.arn
  key          = "owner"
  value        = "somebody ${count}"
}

resource "aws_ecs_task_definition" "web" {
  family                = "web"
  container_definitions = jsonencode([{ name = "web", image = "${image}", memory = 64, portMappings = [{ containerPort = 80 }] }])
}

resource "aws_ecs_service" "replica" {
  name                    = "replica"
  cluster                 = aws_ecs_cluster.main.arn
  task_definition         = aws_ecs_task_definition.web.arn
  launch_type             = "EC2"
  desired_count           = ${count}
  enable_ecs_managed_tags = true
  propagate_tags          = "SERVICE"
  deployment_maximum_percent         = 150
  deployment_minimum_healthy_percent = 50
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  ordered_placement_strategy {
    type  = "spread"
    field = "attribute:ecs.availability-zone"
  }
  ordered_placement_strategy {
    type  = "binpack"
    field = "memory"
  }
  placement_constraints {
    type       = "memberOf"
    expression = "attribute:ecs.os-type == linux"
  }
}

resource "aws_ecs_service" "daemon" {
  name                = "daemon"
  cluster             = aws_ecs_cluster.main.arn
  task_definition     = aws_ecs_task_definition.web.arn
  launch_type         = "EC2"
  scheduling_strategy = "DAEMON"
}

resource "aws_ecs_service" "external" {
  name          = "external"
  cluster       = aws_ecs_cluster.main.arn
  desired_count = ${count}
  deployment_controller {
    type = "EXTERNAL"
  }
}

resource "aws_ecs_task_set" "blue" {
  service         = aws_ecs_service.external.id
  cluster         = aws_ecs_cluster.main.id
  task_definition = aws_ecs_task_definition.web.arn
  launch_type     = "EC2"
  external_id     = "blue"
  force_delete    = true
  scale {
    value = ${count * 10}
  }
}

resource "aws_ecs_account_setting_default" "long" {
  name  = "taskLongArnFormat"
  value = "enabled"
}
`;

interface Terraform {
  (...args: string[]): Promise<string>;
  /** Replaces the resources of the configuration. */
  write(resources: string): Promise<void>;
}

async function inTerraform(controlPlane: TestControlPlane, resources: string, body: (tf: Terraform) => Promise<void>) {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-terraform-'));
  const { accessKeyId, secretAccessKey } = controlPlane.administrator;
  const env = {
    PATH: process.env['PATH'],
    HOME: dir,
    TF_IN_AUTOMATION: '1',
    CHECKPOINT_DISABLE: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  const execute = async (...args: string[]) => {
    const { stdout } = await run(terraform!, [...args, '-no-color'], { cwd: dir, env, maxBuffer: 1 << 24 });
    return stdout;
  };
  const header = provider(controlPlane.endpoint, accessKeyId, secretAccessKey);
  const tf = Object.assign(execute, {
    write: (text: string) => writeFile(join(dir, 'main.tf'), `${header}${text}`),
  });
  try {
    await tf.write(resources);
    await tf('init', `-plugin-dir=${plugins}`);
    await body(tf);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

test('terraform: apply, no changes, destroy', { skip: skipTerraform, timeout: 300_000 }, async () => {
  const controlPlane = await startTestControlPlane();
  const ecs = controlPlane.ecs();
  try {
    await inTerraform(controlPlane, definitions, async (tf) => {
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

test('terraform: capacity provider, services of every scheduler, task set, tag: apply, update, destroy', {
  skip: skipTerraform,
  timeout: 300_000,
}, async () => {
  const controlPlane = await startTestControlPlane();
  const ecs = controlPlane.ecs();
  const inCluster = { cluster: 'services', services: ['replica', 'daemon', 'external'] };
  const describe = async () => (await ecs.send(new DescribeServicesCommand(inCluster))).services ?? [];
  try {
    await inTerraform(controlPlane, services(2, 'nginx:1'), async (tf) => {
      await tf('apply', '-auto-approve');
      const made = await describe();
      assert.deepEqual(
        made.map(({ desiredCount, schedulingStrategy, launchType }) => [desiredCount, schedulingStrategy, launchType]),
        [
          [2, 'REPLICA', 'EC2'],
          [0, 'DAEMON', 'EC2'],
          [2, 'REPLICA', undefined],
        ],
      );
      assert.deepEqual(made[2]?.taskSets?.[0]?.scale, { value: 20, unit: 'PERCENT' });
      assert.match(await tf('plan', '-detailed-exitcode'), /No changes\./);
      await tf.write(services(3, 'nginx:2'));
      await tf('apply', '-auto-approve');
      const updated = await describe();
      assert.deepEqual([updated[0]?.desiredCount, updated[0]?.deployments?.length], [3, 2]);
      assert.match(updated[0]?.taskDefinition ?? '', /web:2$/);
      assert.match(await tf('plan', '-detailed-exitcode'), /No changes\./);
      await tf('destroy', '-auto-approve');
      const after = await ecs.send(new DescribeClustersCommand({ clusters: ['services'] }));
      assert.deepEqual([after.clusters?.[0]?.status, after.clusters?.[0]?.activeServicesCount], ['INACTIVE', 0]);
    });
  } finally {
    await controlPlane.close();
  }
});
