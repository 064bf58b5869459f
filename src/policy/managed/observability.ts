/** Policies for CloudWatch, its agent, X-Ray and EventBridge, besides those in general.ts. */
import { actions, allow, type ManagedPolicy, named } from './managed-policy.ts';

const signalsRole =
  'arn:aws:iam::*:role/aws-service-role/application-signals.cloudwatch.amazonaws.com/AWSServiceRoleForCloudWatchApplicationSignals';
const signalsChannel = 'arn:aws:cloudtrail:*:*:channel/aws-service-channel/application-signals/*';
const sink = 'arn:aws:oam:*:*:sink/*';
const quotas = ['s3', 'dynamodb', 'kinesis', 'sns', 'bedrock', 'lambda', 'fargate', 'elasticloadbalancing', 'ec2'].map(
  (service) => `arn:aws:servicequotas:*:*:${service}/*`,
);
const writeTraces = actions(
  'xray',
  'PutTraceSegments PutTelemetryRecords GetSamplingRules GetSamplingTargets GetSamplingStatisticSummaries',
);
const writeLogs = actions(
  'logs',
  'PutLogEvents PutRetentionPolicy DescribeLogStreams DescribeLogGroups CreateLogStream CreateLogGroup',
);
const agentParameters = 'arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*';
const linkedRole = (service: string) => ({ StringLike: { 'iam:AWSServiceName': service } });
const passedTo = (service: string) => ({ StringEquals: { 'iam:PassedToService': service } });

const fullAccessV2: ManagedPolicy = {
  path: '/',
  name: 'CloudWatchFullAccessV2',
  description: 'Provides full access to CloudWatch.',
  version: 'v4',
  statements: [
    named('CloudWatchFullAccessPermissions', [
      'application-autoscaling:DescribeScalingPolicies',
      'application-signals:*',
      ...actions('autoscaling', 'DescribeAutoScalingGroups DescribePolicies'),
      'cloudwatch:*',
      'logs:*',
      ...actions('sns', 'CreateTopic ListSubscriptions ListSubscriptionsByTopic ListTopics Subscribe'),
      ...actions('iam', 'GetPolicy GetPolicyVersion GetRole'),
      'oam:ListSinks',
      'rum:*',
      'synthetics:*',
      'xray:*',
    ]),
    named(
      'CloudWatchApplicationSignalsServiceLinkedRolePermissions',
      'iam:CreateServiceLinkedRole',
      signalsRole,
      linkedRole('application-signals.cloudwatch.amazonaws.com'),
    ),
    named(
      'EventsServicePermissions',
      'iam:CreateServiceLinkedRole',
      'arn:aws:iam::*:role/aws-service-role/events.amazonaws.com/AWSServiceRoleForCloudWatchEvents*',
      linkedRole('events.amazonaws.com'),
    ),
    named('OAMReadPermissions', ['oam:ListAttachedLinks'], sink),
    named(
      'CloudWatchCloudTrailPermissions',
      actions('cloudtrail', 'CreateServiceLinkedChannel GetChannel'),
      signalsChannel,
    ),
    named('CloudWatchApplicationSignalsCloudTrailListPermissions', ['cloudtrail:ListChannels']),
    named('CloudWatchServiceQuotaPermissions', ['servicequotas:GetServiceQuota'], quotas),
  ],
};

const readOnly: ManagedPolicy = {
  path: '/',
  name: 'CloudWatchReadOnlyAccess',
  description: 'Provides read only access to CloudWatch.',
  version: 'v14',
  statements: [
    named('CloudWatchReadOnlyAccessPermissions', [
      'application-autoscaling:DescribeScalingPolicies',
      ...actions('application-signals', 'BatchGet* Get* List*'),
      'autoscaling:Describe*',
      'cloudtrail:ListChannels',
      ...actions('cloudwatch', 'BatchGet* Describe* GenerateQuery Get* List*'),
      ...actions(
        'logs',
        'Get* List* StartQuery StopQuery Describe* TestMetricFilter FilterLogEvents StartLiveTail StopLiveTail',
      ),
      'oam:ListSinks',
      ...actions(
        'observabilityadmin',
        'GetCentralizationRuleForOrganization ListCentralizationRulesForOrganization GetTelemetryEvaluationStatus GetTelemetryEvaluationStatusForOrganization GetTelemetryRule GetTelemetryRuleForOrganization ListResourceTelemetry ListResourceTelemetryForOrganization ListTelemetryRules ListTelemetryRulesForOrganization GetTelemetryEnrichmentStatus ListTagsForResource GetTelemetryPipeline ListTelemetryPipelines TestTelemetryPipeline ValidateTelemetryPipelineConfiguration GetS3TableIntegration ListS3TableIntegrations',
      ),
      ...actions('sns', 'Get* List*'),
      ...actions('rum', 'BatchGet* Get* List*'),
      ...actions('synthetics', 'Describe* Get* List*'),
      ...actions('xray', 'BatchGet* Get* List* StartTraceRetrieval CancelTraceRetrieval'),
    ]),
    named('OAMReadPermissions', ['oam:ListAttachedLinks'], sink),
    named('CloudWatchReadOnlyGetRolePermissions', 'iam:GetRole', signalsRole),
    named('CloudWatchCloudTrailPermissions', ['cloudtrail:GetChannel'], signalsChannel),
    named('CloudWatchServiceQuotaPermissions', ['servicequotas:GetServiceQuota'], quotas),
    named('CloudWatchResourceExplorerPermissions', actions('resource-explorer-2', 'ListIndexes Search'), [
      'arn:aws:resource-explorer-2:*::view/AWSServiceViewForApplicationSignals/service-view',
      'arn:aws:resource-explorer-2:*::view/AWSServiceViewForApplicationSignalsOrgScopeProd/service-view',
    ]),
  ],
};

const events: ManagedPolicy = {
  path: '/',
  name: 'CloudWatchEventsFullAccess',
  description: 'Provides full access to Amazon CloudWatch Events.',
  version: 'v2',
  statements: [
    named('EventBridgeActions', ['events:*', 'schemas:*', 'scheduler:*', 'pipes:*']),
    named(
      'IAMCreateServiceLinkedRoleForApiDestinations',
      'iam:CreateServiceLinkedRole',
      'arn:aws:iam::*:role/aws-service-role/AmazonEventBridgeApiDestinationsServiceRolePolicy',
      { StringEquals: { 'iam:AWSServiceName': 'apidestinations.events.amazonaws.com' } },
    ),
    named(
      'IAMCreateServiceLinkedRoleForAmazonEventBridgeSchemas',
      'iam:CreateServiceLinkedRole',
      'arn:aws:iam::*:role/aws-service-role/schemas.amazonaws.com/AWSServiceRoleForSchemas',
      { StringEquals: { 'iam:AWSServiceName': 'schemas.amazonaws.com' } },
    ),
    named(
      'SecretsManagerAccessForApiDestinations',
      actions('secretsmanager', 'CreateSecret UpdateSecret DeleteSecret GetSecretValue PutSecretValue'),
      'arn:aws:secretsmanager:*:*:secret:events!*',
    ),
    named('IAMPassRoleForCloudWatchEvents', 'iam:PassRole', 'arn:aws:iam::*:role/AWS_Events_Invoke_Targets'),
    named(
      'IAMPassRoleAccessForScheduler',
      'iam:PassRole',
      'arn:aws:iam::*:role/*',
      passedTo('scheduler.amazonaws.com'),
    ),
    named('IAMPassRoleAccessForPipes', 'iam:PassRole', 'arn:aws:iam::*:role/*', passedTo('pipes.amazonaws.com')),
  ],
};

export const observabilityPolicies: readonly ManagedPolicy[] = [
  fullAccessV2,
  readOnly,
  events,
  {
    path: '/',
    name: 'CloudWatchAgentServerPolicy',
    description: 'Permissions required to use AmazonCloudWatchAgent on servers',
    version: 'v3',
    statements: [
      named('CWACloudWatchServerPermissions', [
        'cloudwatch:PutMetricData',
        ...actions('ec2', 'DescribeVolumes DescribeTags'),
        ...writeLogs,
        ...writeTraces,
      ]),
      named('CWASSMServerPermissions', ['ssm:GetParameter'], agentParameters),
    ],
  },
  {
    path: '/',
    name: 'CloudWatchAgentAdminPolicy',
    description: 'Full permissions required to use AmazonCloudWatchAgent.',
    version: 'v2',
    statements: [
      named('CWACloudWatchPermissions', ['cloudwatch:PutMetricData', 'ec2:DescribeTags', ...writeLogs, ...writeTraces]),
      named('CWASSMPermissions', actions('ssm', 'GetParameter PutParameter'), agentParameters),
    ],
  },
  {
    path: '/',
    name: 'AWSXRayDaemonWriteAccess',
    description: 'Allow the AWS X-Ray Daemon to relay raw trace segments data to the service API.',
    version: 'v2',
    statements: [named('AWSXRayDaemonWriteAccess', writeTraces, ['*'])],
  },
  {
    path: '/service-role/',
    name: 'AWSLambdaBasicExecutionRole',
    description: 'Provides write permissions to CloudWatch Logs.',
    version: 'v1',
    statements: [allow(actions('logs', 'CreateLogGroup CreateLogStream PutLogEvents'))],
  },
];
