/** Policies around ECS: CodeDeploy, the old service role, EC2, load balancers, storage, queues, Systems Manager, passwords. */
import { actions, allow, type ManagedPolicy, named } from './managed-policy.ts';

const taskSets = actions('ecs', 'DescribeServices CreateTaskSet UpdateServicePrimaryTaskSet DeleteTaskSet');
const listeners = actions(
  'elasticloadbalancing',
  'DescribeTargetGroups DescribeListeners ModifyListener DescribeRules ModifyRule',
);
const readObjects = actions('s3', 'GetObject GetObjectVersion');
const toTasks = { StringLike: { 'iam:PassedToService': ['ecs-tasks.amazonaws.com'] } };
const ssmRole = 'arn:aws:iam::*:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM*';

export const deploymentPolicies: readonly ManagedPolicy[] = [
  {
    path: '/',
    name: 'AWSCodeDeployRoleForECS',
    description: 'Provides CodeDeploy service wide access to perform an ECS blue/green deployment on your behalf.',
    version: 'v3',
    statements: [
      allow([
        ...taskSets,
        ...listeners,
        'lambda:InvokeFunction',
        'cloudwatch:DescribeAlarms',
        'sns:Publish',
        ...readObjects,
      ]),
      { ...allow(['iam:PassRole']), Condition: toTasks },
    ],
  },
  {
    path: '/',
    name: 'AWSCodeDeployRoleForECSLimited',
    description: 'Provides CodeDeploy service limited access to perform an ECS blue/green deployment on your behalf.',
    version: 'v3',
    statements: [
      allow([...taskSets, 'cloudwatch:DescribeAlarms']),
      allow(['sns:Publish'], 'arn:aws:sns:*:*:CodeDeployTopic_*'),
      allow(listeners),
      allow(['lambda:InvokeFunction'], 'arn:aws:lambda:*:*:function:CodeDeployHook_*'),
      {
        ...allow(readObjects),
        Condition: { StringEquals: { 's3:ExistingObjectTag/UseWithCodeDeploy': 'true' } },
      },
      {
        ...allow(
          ['iam:PassRole'],
          ['arn:aws:iam::*:role/ecsTaskExecutionRole', 'arn:aws:iam::*:role/ECSTaskExecution*'],
        ),
        Condition: toTasks,
      },
    ],
  },
  {
    path: '/service-role/',
    name: 'AmazonEC2ContainerServiceRole',
    description: 'Default policy for Amazon ECS service role.',
    version: 'v2',
    statements: [
      allow([
        ...actions('ec2', 'AuthorizeSecurityGroupIngress Describe*'),
        ...actions(
          'elasticloadbalancing',
          'DeregisterInstancesFromLoadBalancer DeregisterTargets Describe* RegisterInstancesWithLoadBalancer RegisterTargets',
        ),
      ]),
    ],
  },
  {
    path: '/',
    name: 'AmazonEC2FullAccess',
    description: 'Provides full access to Amazon EC2 via the AWS Management Console.',
    version: 'v5',
    statements: [
      allow('ec2:*'),
      allow('elasticloadbalancing:*'),
      allow('cloudwatch:*'),
      allow('autoscaling:*'),
      {
        ...allow('iam:CreateServiceLinkedRole'),
        Condition: {
          StringEquals: {
            'iam:AWSServiceName': [
              'autoscaling.amazonaws.com',
              'ec2scheduled.amazonaws.com',
              'elasticloadbalancing.amazonaws.com',
              'spot.amazonaws.com',
              'spotfleet.amazonaws.com',
              'transitgateway.amazonaws.com',
            ],
          },
        },
      },
    ],
  },
  {
    path: '/',
    name: 'AmazonS3FullAccess',
    description: 'Provides full access to all buckets via the AWS Management Console.',
    version: 'v2',
    statements: [allow(['s3:*', 's3-object-lambda:*'])],
  },
  {
    path: '/',
    name: 'AmazonS3ReadOnlyAccess',
    description: 'Provides read only access to all buckets via the AWS Management Console.',
    version: 'v3',
    statements: [allow([...actions('s3', 'Get* List* Describe*'), ...actions('s3-object-lambda', 'Get* List*')])],
  },
  {
    path: '/',
    name: 'AmazonEC2ReadOnlyAccess',
    description: 'Provides read only access to Amazon EC2 via the AWS Management Console.',
    version: 'v5',
    statements: [
      allow(actions('ec2', 'Describe* GetSecurityGroupsForVpc')),
      allow('elasticloadbalancing:Describe*'),
      allow(actions('cloudwatch', 'ListMetrics GetMetricStatistics Describe*')),
      allow('autoscaling:Describe*'),
    ],
  },
  {
    path: '/',
    name: 'ElasticLoadBalancingFullAccess',
    description: 'Provides full access to Amazon ElasticLoadBalancing, and limited access to other services.',
    version: 'v9',
    statements: [
      allow('elasticloadbalancing:*'),
      allow([
        ...actions(
          'ec2',
          'DescribeAccountAttributes DescribeAddresses DescribeInternetGateways DescribeSecurityGroups DescribeSubnets DescribeVpcs DescribeVpcClassicLink DescribeInstances DescribeNetworkInterfaces DescribeClassicLinkInstances DescribeRouteTables DescribeCoipPools GetCoipPoolUsage GetSecurityGroupsForVpc DescribeVpcPeeringConnections DescribeAvailabilityZones',
        ),
        'cognito-idp:DescribeUserPoolClient',
      ]),
      {
        ...allow('iam:CreateServiceLinkedRole'),
        Condition: { StringEquals: { 'iam:AWSServiceName': 'elasticloadbalancing.amazonaws.com' } },
      },
      allow('arc-zonal-shift:*', 'arn:aws:elasticloadbalancing:*:*:loadbalancer/*'),
      allow(actions('arc-zonal-shift', 'ListManagedResources ListZonalShifts')),
    ],
  },
  {
    path: '/',
    name: 'AmazonSQSFullAccess',
    description: 'Provides full access to Amazon SQS via the AWS Management Console.',
    version: 'v1',
    statements: [allow(['sqs:*'])],
  },
  {
    path: '/',
    name: 'AmazonSNSFullAccess',
    description: 'Provides full access to Amazon SNS via the AWS Management Console.',
    version: 'v2',
    statements: [
      named('SNSFullAccess', 'sns:*'),
      named(
        'SMSAccessViaSNS',
        actions(
          'sms-voice',
          'DescribeVerifiedDestinationNumbers CreateVerifiedDestinationNumber SendDestinationNumberVerificationCode SendTextMessage DeleteVerifiedDestinationNumber VerifyDestinationNumber DescribeAccountAttributes DescribeSpendLimits DescribePhoneNumbers SetTextMessageSpendLimitOverride DescribeOptedOutNumbers DeleteOptedOutNumber',
        ),
        '*',
        { StringEquals: { 'aws:CalledViaLast': 'sns.amazonaws.com' } },
      ),
    ],
  },
  {
    path: '/',
    name: 'AmazonElasticFileSystemClientReadWriteAccess',
    description: 'Provides read and write client access to an Amazon EFS file system',
    version: 'v1',
    statements: [allow(actions('elasticfilesystem', 'ClientMount ClientWrite DescribeMountTargets'))],
  },
  {
    path: '/',
    name: 'AmazonSSMFullAccess',
    description: 'Provides full access to Amazon SSM.',
    version: 'v4',
    statements: [
      allow([
        'cloudwatch:PutMetricData',
        ...actions('ds', 'CreateComputer DescribeDirectories'),
        'ec2:DescribeInstanceStatus',
        'logs:*',
        'ssm:*',
        'ec2messages:*',
      ]),
      {
        ...allow('iam:CreateServiceLinkedRole', ssmRole),
        Condition: { StringLike: { 'iam:AWSServiceName': 'ssm.amazonaws.com' } },
      },
      allow(actions('iam', 'DeleteServiceLinkedRole GetServiceLinkedRoleDeletionStatus'), ssmRole),
      allow(actions('ssmmessages', 'CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel')),
    ],
  },
  {
    path: '/',
    name: 'IAMUserChangePassword',
    description: 'Provides the ability for an IAM user to change their own password.',
    version: 'v2',
    statements: [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy
      allow(['iam:ChangePassword'], ['arn:aws:iam::*:user/${aws:username}']),
      allow(['iam:GetAccountPasswordPolicy']),
    ],
  },
];
