/** Policies of service-linked roles, besides that of ECS itself. They cannot be attached to other roles. */
import { actions, allow, type ManagedPolicy, named } from './managed-policy.ts';

const path = '/aws-service-role/';
const ec2 = (names: string) => actions('ec2', names);

const autoScaling: ManagedPolicy = {
  path,
  name: 'AutoScalingServiceRolePolicy',
  description: 'Enables access to AWS Services and Resources used or managed by Auto Scaling',
  version: 'v8',
  statements: [
    named(
      'EC2InstanceManagement',
      ec2(
        'AttachClassicLinkVpc CancelSpotInstanceRequests CreateFleet CreateTags DeleteTags Describe* DetachClassicLinkVpc GetInstanceTypesFromInstanceRequirements GetSecurityGroupsForVpc ModifyInstanceAttribute RequestSpotInstances RunInstances StartInstances StopInstances TerminateInstances',
      ),
    ),
    named('EC2InstanceProfileManagement', ['iam:PassRole'], '*', {
      StringLike: { 'iam:PassedToService': 'ec2.amazonaws.com*' },
    }),
    named('EC2SpotManagement', ['iam:CreateServiceLinkedRole'], '*', {
      StringEquals: { 'iam:AWSServiceName': 'spot.amazonaws.com' },
    }),
    named('ELBManagement', actions('elasticloadbalancing', 'Register* Deregister* Describe*')),
    named('CWManagement', actions('cloudwatch', 'DeleteAlarms DescribeAlarms GetMetricData PutMetricAlarm')),
    named('SNSManagement', ['sns:Publish']),
    named(
      'EventBridgeRuleManagement',
      actions('events', 'PutRule PutTargets RemoveTargets DeleteRule DescribeRule'),
      '*',
      {
        StringEquals: { 'events:ManagedBy': 'autoscaling.amazonaws.com' },
      },
    ),
    named('SystemsManagerParameterManagement', ['ssm:GetParameters']),
    named(
      'VpcLatticeManagement',
      actions('vpc-lattice', 'DeregisterTargets GetTargetGroup ListTargets ListTargetGroups RegisterTargets'),
    ),
  ],
};

const loadBalancing: ManagedPolicy = {
  path,
  name: 'AWSElasticLoadBalancingServiceRolePolicy',
  description: 'Service Linked Role Policy for AWS Elastic Load Balancing Control Plane',
  version: 'v14',
  statements: [
    allow([
      ...ec2(
        'DescribeAddresses DescribeCoipPools DescribeInstances DescribeNetworkInterfaces DescribeSubnets DescribeSecurityGroups DescribeVpcs DescribeInternetGateways DescribeAccountAttributes DescribeClassicLinkInstances DescribeVpcClassicLink CreateSecurityGroup CreateNetworkInterface DeleteNetworkInterface GetCoipPoolUsage GetSecurityGroupsForVpc ModifyNetworkInterfaceAttribute AllocateAddress AuthorizeSecurityGroupIngress AssociateAddress DisassociateAddress AttachNetworkInterface DetachNetworkInterface AssignPrivateIpAddresses AssignIpv6Addresses ReleaseAddress UnassignIpv6Addresses DescribeVpcPeeringConnections DescribeAvailabilityZones AllocateIpamPoolCidr',
      ),
      ...actions('logs', 'CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries'),
      'outposts:GetOutpostInstanceTypes',
    ]),
  ],
};

const managedByEcs = { StringEquals: { 'ec2:ManagedResourceOperator': 'ecs.amazonaws.com' } };
const ecsCompute: ManagedPolicy = {
  path,
  name: 'AmazonECSComputeServiceRolePolicy',
  version: 'v2',
  statements: [
    named(
      'ReadOnlyPermissionsForInstanceManagement',
      ec2('DescribeInstances DescribeInstanceStatus DescribeNetworkInterfaces DescribeFleets'),
    ),
    named('ReadOnlyPermissionsForInstanceEventWindows', ec2('DescribeInstanceEventWindows')),
    named('ReadOnlyPermissionsForLaunchTemplates', ec2('DescribeLaunchTemplates DescribeLaunchTemplateVersions')),
    named(
      'DeleteManagedLaunchTemplate',
      ec2('DeleteLaunchTemplate DeleteLaunchTemplateVersions'),
      'arn:aws:ec2:*:*:launch-template/*',
      managedByEcs,
    ),
    named('TerminateManagedInstances', ec2('TerminateInstances'), 'arn:aws:ec2:*:*:instance/*', managedByEcs),
  ],
};

const spot: ManagedPolicy = {
  path,
  name: 'AWSEC2SpotServiceRolePolicy',
  description: 'Allows EC2 Spot to launch and manage spot instances',
  version: 'v4',
  statements: [
    allow(ec2('DescribeInstances StartInstances StopInstances RunInstances'), ['*']),
    {
      Effect: 'Deny',
      Action: ['ec2:RunInstances'],
      Resource: ['arn:aws:ec2:*:*:instance/*'],
      Condition: { StringNotEquals: { 'ec2:InstanceMarketType': 'spot' } },
    },
    {
      ...allow(['iam:PassRole'], ['*']),
      Condition: { StringEquals: { 'iam:PassedToService': ['ec2.amazonaws.com', 'ec2.amazonaws.com.cn'] } },
    },
    { ...allow(['ec2:CreateTags']), Condition: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } } },
  ],
};

export const serviceLinkedPolicies: readonly ManagedPolicy[] = [
  autoScaling,
  loadBalancing,
  ecsCompute,
  spot,
  {
    path,
    name: 'AWSApplicationAutoscalingECSServicePolicy',
    description:
      'Policy granting permissions to Application Auto Scaling to access EC2 Container Service and CloudWatch.',
    version: 'v1',
    statements: [
      allow(
        [
          ...actions('ecs', 'DescribeServices UpdateService'),
          ...actions('cloudwatch', 'PutMetricAlarm DescribeAlarms DeleteAlarms'),
        ],
        ['*'],
      ),
    ],
  },
  {
    path,
    name: 'ECRReplicationServiceRolePolicy',
    description: 'Allows access to AWS Services and Resources used or managed by ECR Replication',
    version: 'v1',
    statements: [allow(actions('ecr', 'CreateRepository ReplicateImage'))],
  },
  {
    path,
    name: 'AWSECRPullThroughCache_ServiceRolePolicy',
    description: 'Allows access to AWS Services and Resources used or managed by AWS ECR pull through cache',
    version: 'v2',
    statements: [
      named(
        'ECR',
        actions(
          'ecr',
          'GetAuthorizationToken BatchCheckLayerAvailability InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage',
        ),
      ),
      named(
        'SecretsManager',
        ['secretsmanager:GetSecretValue'],
        'arn:aws:secretsmanager:*:*:secret:ecr-pullthroughcache/*',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy
        { StringEquals: { 'aws:ResourceAccount': '${aws:PrincipalAccount}' } },
      ),
    ],
  },
  {
    path,
    name: 'ECRTemplateServiceRolePolicy',
    version: 'v1',
    statements: [named('CreateRepositoryWithTemplate', ['ecr:CreateRepository'])],
  },
  {
    path,
    name: 'CloudWatchEventsServiceRolePolicy',
    description: 'Allow AWS CloudWatch Events to execute actions on your behalf configured through alarms and events.',
    version: 'v1',
    statements: [
      allow([
        'cloudwatch:DescribeAlarms',
        ...ec2(
          'DescribeInstanceStatus DescribeInstances DescribeSnapshots DescribeVolumeStatus DescribeVolumes RebootInstances StopInstances TerminateInstances CreateSnapshot',
        ),
      ]),
    ],
  },
];
