/** AmazonECSServiceRolePolicy: what the service-linked role AWSServiceRoleForECS may do. */
import { allow, type ManagedPolicy } from './managed-policy.ts';

const of = (service: string, names: string) => names.split(/\s+/).map((name) => `${service}:${name}`);

export const ecsServiceRolePolicy: ManagedPolicy = {
  path: '/aws-service-role/',
  name: 'AmazonECSServiceRolePolicy',
  version: 'v13',
  statements: [
    {
      Sid: 'ECSTaskManagement',
      ...allow([
        ...of(
          'ec2',
          'AttachNetworkInterface AssociateTrunkInterface CreateNetworkInterface CreateNetworkInterfacePermission DeleteNetworkInterface DeleteNetworkInterfacePermission Describe* DetachNetworkInterface DisassociateTrunkInterface',
        ),
        ...of(
          'elasticloadbalancing',
          'DeregisterInstancesFromLoadBalancer DeregisterTargets Describe* RegisterInstancesWithLoadBalancer RegisterTargets',
        ),
        ...of('route53', 'ChangeResourceRecordSets CreateHealthCheck DeleteHealthCheck Get* List* UpdateHealthCheck'),
        ...of('servicediscovery', 'DeregisterInstance Get* List* RegisterInstance UpdateInstanceCustomHealthStatus'),
      ]),
    },
    { Sid: 'AutoScaling', ...allow(['autoscaling:Describe*']) },
    {
      Sid: 'AutoScalingManagement',
      ...allow(
        of(
          'autoscaling',
          'DeletePolicy PutScalingPolicy SetInstanceProtection UpdateAutoScalingGroup PutLifecycleHook DeleteLifecycleHook CompleteLifecycleAction RecordLifecycleActionHeartbeat',
        ),
      ),
      Condition: { Null: { 'autoscaling:ResourceTag/AmazonECSManaged': 'false' } },
    },
    {
      Sid: 'AutoScalingPlanManagement',
      ...allow(
        of(
          'autoscaling-plans',
          'CreateScalingPlan DeleteScalingPlan DescribeScalingPlans DescribeScalingPlanResources',
        ),
      ),
    },
    {
      Sid: 'EventBridge',
      ...allow(of('events', 'DescribeRule ListTargetsByRule'), 'arn:aws:events:*:*:rule/ecs-managed-*'),
    },
    {
      Sid: 'EventBridgeRuleManagement',
      ...allow(of('events', 'PutRule PutTargets')),
      Condition: { StringEquals: { 'events:ManagedBy': 'ecs.amazonaws.com' } },
    },
    {
      Sid: 'CWAlarmManagement',
      ...allow(of('cloudwatch', 'DeleteAlarms DescribeAlarms PutMetricAlarm'), 'arn:aws:cloudwatch:*:*:alarm:*'),
    },
    { Sid: 'ECSTagging', ...allow(['ec2:CreateTags'], 'arn:aws:ec2:*:*:network-interface/*') },
    {
      Sid: 'CWLogGroupManagement',
      ...allow(
        of('logs', 'CreateLogGroup DescribeLogGroups PutRetentionPolicy'),
        'arn:aws:logs:*:*:log-group:/aws/ecs/*',
      ),
    },
    {
      Sid: 'CWLogStreamManagement',
      ...allow(
        of('logs', 'CreateLogStream DescribeLogStreams PutLogEvents'),
        'arn:aws:logs:*:*:log-group:/aws/ecs/*:log-stream:*',
      ),
    },
    { Sid: 'ExecuteCommandSessionManagement', ...allow(['ssm:DescribeSessions']) },
    {
      Sid: 'ExecuteCommand',
      ...allow(
        ['ssm:StartSession'],
        ['arn:aws:ecs:*:*:task/*', 'arn:aws:ssm:*:*:document/AmazonECS-ExecuteInteractiveCommand'],
      ),
    },
    {
      Sid: 'CloudMapResourceCreation',
      ...allow(of('servicediscovery', 'CreateHttpNamespace CreateService')),
      Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['AmazonECSManaged'] } },
    },
    {
      Sid: 'CloudMapResourceTagging',
      ...allow('servicediscovery:TagResource'),
      Condition: { StringLike: { 'aws:RequestTag/AmazonECSManaged': '*' } },
    },
    {
      Sid: 'CloudMapResourceDeletion',
      ...allow(['servicediscovery:DeleteService']),
      Condition: { Null: { 'aws:ResourceTag/AmazonECSManaged': 'false' } },
    },
    {
      Sid: 'CloudMapResourceDiscovery',
      ...allow(of('servicediscovery', 'DiscoverInstances DiscoverInstancesRevision')),
    },
    {
      Sid: 'CloudMapResourceAttributeManagement',
      ...allow(['servicediscovery:UpdateServiceAttributes']),
      Condition: { Null: { 'aws:ResourceTag/AmazonECSManaged': 'false' } },
    },
  ],
};
