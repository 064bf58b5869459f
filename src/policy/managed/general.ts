/** Policies that AWS publishes for whole accounts, IAM, logs, metrics, parameters and secrets. */
import { allow, type ManagedPolicy } from './managed-policy.ts';

const of = (service: string, names: string) => names.split(/\s+/).map((name) => `${service}:${name}`);

const readLogs =
  'Describe* Get* List* StartQuery StopQuery TestMetricFilter FilterLogEvents StartLiveTail StopLiveTail';

export const generalPolicies: readonly ManagedPolicy[] = [
  {
    path: '/',
    name: 'AdministratorAccess',
    description: 'Provides full access to AWS services and resources.',
    version: 'v1',
    statements: [allow('*')],
  },
  {
    path: '/',
    name: 'PowerUserAccess',
    version: 'v12',
    statements: [
      { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
      allow([
        ...of('account', 'GetAccountInformation GetGovCloudAccountInformation GetPrimaryEmail ListRegions'),
        ...of('iam', 'CreateServiceLinkedRole DeleteServiceLinkedRole ListRoles'),
        ...of('organizations', 'DescribeEffectivePolicy DescribeOrganization'),
      ]),
    ],
  },
  {
    path: '/',
    name: 'IAMFullAccess',
    version: 'v2',
    statements: [
      allow([
        'iam:*',
        ...of(
          'organizations',
          'DescribeAccount DescribeOrganization DescribeOrganizationalUnit DescribePolicy ListChildren ListParents ListPoliciesForTarget ListRoots ListPolicies ListTargetsForPolicy',
        ),
      ]),
    ],
  },
  {
    path: '/',
    name: 'IAMReadOnlyAccess',
    version: 'v4',
    statements: [
      allow(
        of(
          'iam',
          'GenerateCredentialReport GenerateServiceLastAccessedDetails Get* List* SimulateCustomPolicy SimulatePrincipalPolicy',
        ),
      ),
    ],
  },
  {
    path: '/',
    name: 'CloudWatchLogsFullAccess',
    description: 'Provides full access to CloudWatch Logs',
    version: 'v8',
    statements: [
      {
        Sid: 'CloudWatchLogsFullAccess',
        ...allow([
          'logs:*',
          ...of('cloudwatch', 'GenerateQuery GenerateQueryResultsSummary'),
          ...of('observabilityadmin', 'GetS3TableIntegration ListS3TableIntegrations ListTelemetryPipelines'),
        ]),
      },
    ],
  },
  {
    path: '/',
    name: 'CloudWatchLogsReadOnlyAccess',
    description: 'Provides read only access to CloudWatch Logs',
    version: 'v12',
    statements: [
      {
        Sid: 'CloudWatchLogsReadOnlyAccess',
        ...allow([
          ...of('logs', readLogs),
          ...of('cloudwatch', 'GenerateQuery GenerateQueryResultsSummary'),
          ...of('observabilityadmin', 'ListS3TableIntegrations GetS3TableIntegration ListTelemetryPipelines'),
        ]),
      },
    ],
  },
  {
    path: '/',
    name: 'CloudWatchFullAccess',
    version: 'v4',
    statements: [
      allow([
        'autoscaling:Describe*',
        'cloudwatch:*',
        'logs:*',
        'sns:*',
        ...of('iam', 'GetPolicy GetPolicyVersion GetRole'),
        'oam:ListSinks',
      ]),
      {
        ...allow(
          'iam:CreateServiceLinkedRole',
          'arn:aws:iam::*:role/aws-service-role/events.amazonaws.com/AWSServiceRoleForCloudWatchEvents*',
        ),
        Condition: { StringLike: { 'iam:AWSServiceName': 'events.amazonaws.com' } },
      },
      allow(['oam:ListAttachedLinks'], 'arn:aws:oam:*:*:sink/*'),
    ],
  },
  { path: '/', name: 'AmazonSSMReadOnlyAccess', version: 'v1', statements: [allow(of('ssm', 'Describe* Get* List*'))] },
  {
    path: '/',
    name: 'AmazonSSMManagedInstanceCore',
    version: 'v2',
    statements: [
      allow(
        of(
          'ssm',
          'DescribeAssociation GetDeployablePatchSnapshotForInstance GetDocument DescribeDocument GetManifest GetParameter GetParameters ListAssociations ListInstanceAssociations PutInventory PutComplianceItems PutConfigurePackageResult UpdateAssociationStatus UpdateInstanceAssociationStatus UpdateInstanceInformation',
        ),
      ),
      allow(of('ssmmessages', 'CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel')),
      allow(of('ec2messages', 'AcknowledgeMessage DeleteMessage FailMessage GetEndpoint GetMessages SendReply')),
    ],
  },
  {
    path: '/',
    name: 'SecretsManagerReadWrite',
    version: 'v6',
    statements: [
      {
        Sid: 'BasePermissions',
        ...allow([
          'secretsmanager:*',
          ...of(
            'cloudformation',
            'CreateChangeSet DescribeChangeSet DescribeStackResource DescribeStacks ExecuteChangeSet',
          ),
          ...of('docdb-elastic', 'GetCluster ListClusters'),
          ...of('ec2', 'DescribeSecurityGroups DescribeSubnets DescribeVpcs'),
          ...of('kms', 'DescribeKey ListAliases ListKeys'),
          'lambda:ListFunctions',
          ...of('rds', 'DescribeDBClusters DescribeDBInstances'),
          'redshift:DescribeClusters',
          ...of('redshift-serverless', 'ListWorkgroups GetNamespace'),
          'tag:GetResources',
        ]),
      },
      {
        Sid: 'LambdaPermissions',
        ...allow(
          of('lambda', 'AddPermission CreateFunction GetFunction InvokeFunction UpdateFunctionConfiguration'),
          'arn:aws:lambda:*:*:function:SecretsManager*',
        ),
      },
      {
        Sid: 'SARPermissions',
        ...allow(
          of('serverlessrepo', 'CreateCloudFormationChangeSet GetApplication'),
          'arn:aws:serverlessrepo:*:*:applications/SecretsManager*',
        ),
      },
      {
        Sid: 'S3Permissions',
        ...allow(
          ['s3:GetObject'],
          ['arn:aws:s3:::awsserverlessrepo-changesets*', 'arn:aws:s3:::secrets-manager-rotation-apps-*/*'],
        ),
      },
      {
        Sid: 'CloudFormationTagOnCreate',
        ...allow(of('cloudformation', 'TagResource UntagResource')),
        Condition: { StringEquals: { 'cloudformation:CreateAction': ['CreateChangeSet', 'ExecuteChangeSet'] } },
      },
    ],
  },
];
