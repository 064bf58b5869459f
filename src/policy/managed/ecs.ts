/** Policies that AWS publishes for ECS and ECR. */
import { allow, type ManagedPolicy } from './managed-policy.ts';

const pull = [
  'ecr:GetAuthorizationToken',
  'ecr:BatchCheckLayerAvailability',
  'ecr:GetDownloadUrlForLayer',
  'ecr:BatchGetImage',
];

const readRegistry = [
  'ecr:GetAuthorizationToken',
  'ecr:BatchCheckLayerAvailability',
  'ecr:GetDownloadUrlForLayer',
  'ecr:GetRepositoryPolicy',
  'ecr:DescribeRepositories',
  'ecr:ListImages',
  'ecr:DescribeImages',
  'ecr:BatchGetImage',
  'ecr:GetLifecyclePolicy',
  'ecr:GetLifecyclePolicyPreview',
  'ecr:ListTagsForResource',
  'ecr:DescribeImageScanFindings',
];

const tagOnCreate = (...operations: readonly string[]) => ({
  ...allow('ecs:TagResource'),
  Condition: { StringEquals: { 'ecs:CreateAction': operations } },
});

const passRole = (resource: string, service: string | readonly string[]) => ({
  ...allow('iam:PassRole', [resource]),
  Condition: { StringLike: { 'iam:PassedToService': service } },
});

export const ecsPolicies: readonly ManagedPolicy[] = [
  {
    path: '/service-role/',
    name: 'AmazonECSTaskExecutionRolePolicy',
    description: 'Provides access to other AWS service resources that are required to run Amazon ECS tasks',
    version: 'v1',
    statements: [allow([...pull, 'logs:CreateLogStream', 'logs:PutLogEvents'])],
  },
  {
    path: '/service-role/',
    name: 'AmazonEC2ContainerServiceforEC2Role',
    description: 'Default policy for the Amazon EC2 Role for Amazon EC2 Container Service.',
    version: 'v7',
    statements: [
      allow([
        'ec2:DescribeTags',
        'ecs:CreateCluster',
        'ecs:DeregisterContainerInstance',
        'ecs:DiscoverPollEndpoint',
        'ecs:Poll',
        'ecs:RegisterContainerInstance',
        'ecs:StartTelemetrySession',
        'ecs:UpdateContainerInstancesState',
        'ecs:Submit*',
        ...pull,
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ]),
      tagOnCreate('CreateCluster', 'RegisterContainerInstance'),
    ],
  },
  {
    path: '/service-role/',
    name: 'AmazonEC2ContainerServiceEventsRole',
    version: 'v3',
    statements: [allow('ecs:RunTask'), passRole('*', 'ecs-tasks.amazonaws.com'), tagOnCreate('RunTask')],
  },
  {
    path: '/service-role/',
    name: 'AmazonEC2ContainerServiceAutoscaleRole',
    version: 'v2',
    statements: [
      allow(['ecs:DescribeServices', 'ecs:UpdateService']),
      allow(['cloudwatch:DescribeAlarms', 'cloudwatch:PutMetricAlarm']),
    ],
  },
  { path: '/', name: 'AmazonEC2ContainerRegistryReadOnly', version: 'v3', statements: [allow(readRegistry)] },
  {
    path: '/',
    name: 'AmazonEC2ContainerRegistryPowerUser',
    version: 'v3',
    statements: [
      allow([
        ...readRegistry,
        'ecr:InitiateLayerUpload',
        'ecr:UploadLayerPart',
        'ecr:CompleteLayerUpload',
        'ecr:PutImage',
      ]),
    ],
  },
  {
    path: '/',
    name: 'AmazonEC2ContainerRegistryFullAccess',
    version: 'v3',
    statements: [
      allow(['ecr:*', 'cloudtrail:LookupEvents']),
      {
        ...allow(['iam:CreateServiceLinkedRole']),
        Condition: { StringEquals: { 'iam:AWSServiceName': ['replication.ecr.amazonaws.com'] } },
      },
    ],
  },
];
