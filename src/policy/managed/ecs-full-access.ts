/** AmazonECS_FullAccess. */
import { allow, type ManagedPolicy } from './managed-policy.ts';

const both = (name: string) => [`${name}.amazonaws.com`, `${name}.amazonaws.com.cn`];
const actions = (service: string, names: string) => names.split(/\s+/).map((name) => `${service}:${name}`);

const everywhere: readonly string[] = [
  ...actions(
    'application-autoscaling',
    'DeleteScalingPolicy DeregisterScalableTarget DescribeScalableTargets DescribeScalingActivities DescribeScalingPolicies PutScalingPolicy RegisterScalableTarget',
  ),
  ...actions('appmesh', 'DescribeVirtualGateway DescribeVirtualNode ListMeshes ListVirtualGateways ListVirtualNodes'),
  ...actions(
    'autoscaling',
    'CreateAutoScalingGroup CreateLaunchConfiguration DeleteAutoScalingGroup DeleteLaunchConfiguration Describe* UpdateAutoScalingGroup',
  ),
  ...actions('cloudformation', 'CreateStack DeleteStack DescribeStack* UpdateStack'),
  ...actions('cloudwatch', 'DeleteAlarms DescribeAlarms GetMetricStatistics PutMetricAlarm'),
  ...actions(
    'codedeploy',
    'BatchGetApplicationRevisions BatchGetApplications BatchGetDeploymentGroups BatchGetDeployments ContinueDeployment CreateApplication CreateDeployment CreateDeploymentGroup GetApplication GetApplicationRevision GetDeployment GetDeploymentConfig GetDeploymentGroup GetDeploymentTarget ListApplicationRevisions ListApplications ListDeploymentConfigs ListDeploymentGroups ListDeployments ListDeploymentTargets RegisterApplicationRevision StopDeployment',
  ),
  ...actions(
    'ec2',
    'AssociateRouteTable AttachInternetGateway AuthorizeSecurityGroupIngress CancelSpotFleetRequests CreateInternetGateway CreateLaunchTemplate CreateRoute CreateRouteTable CreateSecurityGroup CreateSubnet CreateVpc DeleteLaunchTemplate DeleteSubnet DeleteVpc Describe* DetachInternetGateway DisassociateRouteTable ModifySubnetAttribute ModifyVpcAttribute RequestSpotFleet RunInstances',
  ),
  'ecs:*',
  ...actions('elasticfilesystem', 'DescribeAccessPoints DescribeFileSystems'),
  ...actions(
    'elasticloadbalancing',
    'CreateListener CreateLoadBalancer CreateRule CreateTargetGroup DeleteListener DeleteLoadBalancer DeleteRule DeleteTargetGroup DescribeListeners DescribeLoadBalancers DescribeRules DescribeTargetGroups',
  ),
  ...actions(
    'events',
    'DeleteRule DescribeRule ListRuleNamesByTarget ListTargetsByRule PutRule PutTargets RemoveTargets',
  ),
  'fsx:DescribeFileSystems',
  ...actions('iam', 'ListAttachedRolePolicies ListInstanceProfiles ListRoles'),
  'lambda:ListFunctions',
  ...actions('logs', 'CreateLogGroup DescribeLogGroups FilterLogEvents'),
  ...actions('route53', 'CreateHostedZone DeleteHostedZone GetHealthCheck GetHostedZone ListHostedZonesByName'),
  ...actions(
    'servicediscovery',
    'CreatePrivateDnsNamespace CreateService DeleteService GetNamespace GetOperation GetService ListNamespaces ListServices UpdateService',
  ),
  'sns:ListTopics',
];

const passRole = (resource: string, services: string | readonly string[]) => ({
  ...allow('iam:PassRole', [resource]),
  Condition: { StringLike: { 'iam:PassedToService': services } },
});

export const ecsFullAccess: ManagedPolicy = {
  path: '/',
  name: 'AmazonECS_FullAccess',
  version: 'v20',
  statements: [
    allow(everywhere, ['*']),
    allow(actions('ssm', 'GetParameter GetParameters GetParametersByPath'), [
      'arn:aws:ssm:*:*:parameter/aws/service/ecs*',
    ]),
    {
      ...allow(actions('ec2', 'DeleteInternetGateway DeleteRoute DeleteRouteTable DeleteSecurityGroup'), ['*']),
      Condition: { StringLike: { 'ec2:ResourceTag/aws:cloudformation:stack-name': 'EC2ContainerService-*' } },
    },
    passRole('*', 'ecs-tasks.amazonaws.com'),
    passRole('arn:aws:iam::*:role/ecsInstanceRole*', both('ec2')),
    passRole('arn:aws:iam::*:role/ecsAutoscaleRole*', both('application-autoscaling')),
    {
      ...allow('iam:CreateServiceLinkedRole'),
      Condition: {
        StringLike: {
          'iam:AWSServiceName': [
            'autoscaling.amazonaws.com',
            'ecs.amazonaws.com',
            'ecs.application-autoscaling.amazonaws.com',
            'spot.amazonaws.com',
            'spotfleet.amazonaws.com',
          ],
        },
      },
    },
    {
      ...allow(['elasticloadbalancing:AddTags']),
      Condition: {
        StringEquals: {
          'elasticloadbalancing:CreateAction': [
            'CreateTargetGroup',
            'CreateRule',
            'CreateListener',
            'CreateLoadBalancer',
          ],
        },
      },
    },
  ],
};
