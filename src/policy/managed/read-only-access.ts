/**
 * ReadOnlyAccess, for the services that Slipway speaks, by patterns of actions where AWS lists most of them one by one. AWS
 * leaves out what reads secrets: values of secrets, keys' plain texts. The version is Slipway's own.
 */
import { allow, type ManagedPolicy } from './managed-policy.ts';

const of = (service: string, names: string) => names.split(/\s+/).map((name) => `${service}:${name}`);

export const readOnlyAccess: ManagedPolicy = {
  path: '/',
  name: 'ReadOnlyAccess',
  version: 'v1',
  statements: [
    {
      Sid: 'ReadOnlyActions',
      ...allow([
        ...of('application-autoscaling', 'Describe* ListTagsForResource'),
        ...of('autoscaling', 'Describe* GetPredictiveScalingForecast'),
        ...of('cloudformation', 'Describe* Detect* Estimate* Get* List* Validate*'),
        ...of('cloudtrail', 'Describe* Get* List* LookupEvents'),
        ...of('cloudwatch', 'Describe* Get* List*'),
        ...of('ec2', 'Describe* Get* List* Search*'),
        ...of('ecr', 'BatchCheck* BatchGet* Describe* Get* List*'),
        ...of('ecs', 'Describe* List*'),
        ...of('elasticfilesystem', 'Describe* List*'),
        ...of('elasticloadbalancing', 'Describe* Get*'),
        ...of('events', 'Describe* List* Test*'),
        ...of('iam', 'Generate* Get* List* Simulate*'),
        ...of('kms', 'Describe* Get* List*'),
        ...of('logs', 'Describe* FilterLogEvents Get* List* StartLiveTail StartQuery StopLiveTail StopQuery'),
        ...of('logs', 'TestMetricFilter'),
        ...of('route53', 'Get* List* Test*'),
        ...of('s3', 'DescribeJob Get* List*'),
        ...of('secretsmanager', 'Describe* GetResourcePolicy List*'),
        ...of('servicediscovery', 'DiscoverInstances DiscoverInstancesRevision Get* List*'),
        ...of('sns', 'Get* List* Check*'),
        ...of('sqs', 'Get* List* Receive*'),
        ...of('ssm', 'Describe* Get* List*'),
        ...of('sts', 'GetAccessKeyInfo GetCallerIdentity GetSessionToken'),
        'tag:Get*',
      ]),
    },
  ],
};
