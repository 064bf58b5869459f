/** Policies of the roles that ECS itself assumes for volumes, load balancers, certificates and managed instances. */
import { actions, type ManagedPolicy, named } from './managed-policy.ts';

const elb = (names: string) => actions('elasticloadbalancing', names);
const ec2 = (names: string) => actions('ec2', names);
const ec2Arns = (...types: readonly string[]) => types.map((type) => `arn:aws:ec2:*:*:${type}/*`);

const requestManaged = { 'aws:RequestTag/AmazonECSManaged': 'true' };
const resourceManaged = { 'aws:ResourceTag/AmazonECSManaged': 'true' };
// biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy
const sameAccount = { 'aws:ResourceAccount': '${aws:PrincipalAccount}' };
const byOperator = { StringEquals: { 'ec2:ManagedResourceOperator': 'ecs.amazonaws.com' } };
const ofTask = { ArnLike: { 'aws:RequestTag/AmazonECSCreated': 'arn:aws:ecs:*:*:task/*' } };
const ofService = {
  ArnLike: { 'aws:RequestTag/AmazonECSCreated': ['arn:aws:ecs:*:*:service/*/*', 'arn:aws:ecs:*:*:task-set/*/*'] },
};

const volumes: ManagedPolicy = {
  path: '/service-role/',
  name: 'AmazonECSInfrastructureRolePolicyForVolumes',
  description:
    'Provides access to other AWS service resources required to manage volumes associated with ECS workloads on your behalf.',
  version: 'v4',
  statements: [
    named('CreateEBSManagedVolume', 'ec2:CreateVolume', 'arn:aws:ec2:*:*:volume/*', {
      ...ofTask,
      StringEquals: requestManaged,
    }),
    named('CreateEBSManagedVolumeFromSnapshot', 'ec2:CreateVolume', 'arn:aws:ec2:*:*:snapshot/*'),
    named('TagOnCreateVolume', 'ec2:CreateTags', 'arn:aws:ec2:*:*:volume/*', {
      ...ofTask,
      StringEquals: { 'ec2:CreateAction': 'CreateVolume', ...requestManaged },
    }),
    named('DescribeVolumesForLifecycle', ec2('DescribeVolumes DescribeAvailabilityZones')),
    named('DescribeInstancesForAttachingVolume', ['ec2:DescribeInstances']),
    named('ManageEBSVolumeLifecycle', ec2('AttachVolume DetachVolume'), 'arn:aws:ec2:*:*:volume/*', {
      StringEquals: resourceManaged,
    }),
    named('ManageVolumeAttachmentsForEC2', ec2('AttachVolume DetachVolume'), 'arn:aws:ec2:*:*:instance/*'),
    named('DeleteEBSManagedVolume', 'ec2:DeleteVolume', 'arn:aws:ec2:*:*:volume/*', {
      ArnLike: { 'aws:ResourceTag/AmazonECSCreated': 'arn:aws:ecs:*:*:task/*' },
      StringEquals: resourceManaged,
    }),
  ],
};

const certificates: ManagedPolicy = {
  path: '/service-role/',
  name: 'AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity',
  description:
    'Provides administrative access to AWS Private Certificate Authority, Secrets Manager and other AWS Services required to manage ECS Service Connect TLS features on your behalf.',
  version: 'v3',
  statements: [
    ...[
      ['CreateSecret', 'secretsmanager:CreateSecret'],
      ['TagOnCreateSecret', 'secretsmanager:TagResource'],
    ].map(([sid, action]) =>
      named(sid!, action!, 'arn:aws:secretsmanager:*:*:secret:ecs-sc!*', {
        ...ofService,
        StringEquals: { ...requestManaged, ...sameAccount },
      }),
    ),
    named(
      'RotateTLSCertificateSecret',
      actions(
        'secretsmanager',
        'UpdateSecret GetSecretValue PutSecretValue DeleteSecret RotateSecret UpdateSecretVersionStage',
      ),
      'arn:aws:secretsmanager:*:*:secret:ecs-sc!*',
      { StringEquals: { 'secretsmanager:ResourceTag/aws:secretsmanager:owningService': 'ecs-sc', ...sameAccount } },
    ),
    named(
      'DescribeTLSCertificateSecret',
      ['secretsmanager:DescribeSecret'],
      'arn:aws:secretsmanager:*:*:secret:ecs-sc!*',
      { StringEquals: sameAccount },
    ),
    named(
      'ManagePrivateCertificateAuthority',
      actions('acm-pca', 'GetCertificate GetCertificateAuthorityCertificate DescribeCertificateAuthority'),
      '*',
      { StringEquals: resourceManaged },
    ),
    named('ManagePrivateCertificateAuthorityForIssuingEndEntityCertificate', ['acm-pca:IssueCertificate'], '*', {
      StringEquals: {
        'acm-pca:TemplateArn': 'arn:aws:acm-pca:::template/EndEntityCertificate/V1',
        ...resourceManaged,
      },
    }),
  ],
};

const lattice = ['arn:aws:vpc-lattice:*:*:targetgroup/*'];
const vpcLattice: ManagedPolicy = {
  path: '/',
  name: 'AmazonECSInfrastructureRolePolicyForVpcLattice',
  description:
    'Provides access to other AWS service resources required to manage VPC Lattice feature in ECS workloads on your behalf.',
  version: 'v1',
  statements: [
    named('ManagedVpcLatticeTargetRegistration', actions('vpc-lattice', 'RegisterTargets DeregisterTargets'), lattice),
    named('DescribeVpcLatticeTargetGroup', 'vpc-lattice:GetTargetGroup', lattice),
    named('ListVpcLatticeTargets', 'vpc-lattice:ListTargets', lattice),
    named('DescribeEc2Resources', ec2('DescribeSubnets DescribeVpcs DescribeInstances'), ['*']),
  ],
};

const loadBalancers: ManagedPolicy = {
  path: '/',
  name: 'AmazonECSInfrastructureRolePolicyForLoadBalancers',
  description:
    'Provides access to other AWS service resources required to manage load balancers associated with ECS workloads on your behalf.',
  version: 'v6',
  statements: [
    named('ELBReadOperations', elb('DescribeListeners DescribeRules DescribeTargetGroups DescribeTargetHealth')),
    named(
      'TargetGroupOperations',
      elb('RegisterTargets DeregisterTargets'),
      'arn:aws:elasticloadbalancing:*:*:targetgroup/*/*',
    ),
    named('ALBModifyListeners', 'elasticloadbalancing:ModifyListener', [
      'arn:aws:elasticloadbalancing:*:*:listener/app/*/*/*',
    ]),
    named('NLBModifyListeners', 'elasticloadbalancing:ModifyListener', [
      'arn:aws:elasticloadbalancing:*:*:listener/net/*/*/*',
    ]),
    named('ALBModifyRules', 'elasticloadbalancing:ModifyRule', [
      'arn:aws:elasticloadbalancing:*:*:listener-rule/app/*/*/*/*',
    ]),
  ],
};

const supporting = [...ec2Arns('subnet', 'security-group'), 'arn:aws:ec2:*::image/*'];
const managedInstances: ManagedPolicy = {
  path: '/',
  name: 'AmazonECSInfrastructureRolePolicyForManagedInstances',
  version: 'v9',
  statements: [
    named('CreateLaunchTemplateForManagedInstances', ec2('CreateLaunchTemplate'), ec2Arns('launch-template'), {
      StringEquals: requestManaged,
    }),
    named(
      'CreateLaunchTemplateVersionsForManagedInstances',
      ec2('CreateLaunchTemplateVersion ModifyLaunchTemplate'),
      ec2Arns('launch-template'),
      byOperator,
    ),
    named(
      'ProvisionEC2InstancesForManagedInstances',
      ec2('CreateFleet'),
      ec2Arns('fleet', 'instance', 'network-interface', 'launch-template', 'volume'),
      { StringEquals: requestManaged },
    ),
    named('CreateFleetForSupportingResources', ec2('CreateFleet'), supporting),
    named('RunInstancesForManagedInstances', ec2('RunInstances'), ec2Arns('instance', 'volume', 'network-interface'), {
      StringEquals: requestManaged,
    }),
    named('RunInstancesForECSManagedLaunchTemplates', ec2('RunInstances'), ec2Arns('launch-template'), {
      StringEquals: { 'ec2:ResourceTag/AmazonECSManaged': 'true' },
    }),
    named('RunInstancesForSupportingResources', ec2('RunInstances'), supporting),
    named(
      'TagOnCreateEC2ResourcesForManagedInstances',
      ec2('CreateTags'),
      ec2Arns('fleet', 'launch-template', 'network-interface', 'instance', 'volume'),
      { StringEquals: { 'ec2:CreateAction': ['CreateFleet', 'CreateLaunchTemplate', 'RunInstances'] } },
    ),
    named('PassInstanceRoleForManagedInstances', ['iam:PassRole'], ['arn:aws:iam::*:role/ecsInstanceRole*'], {
      StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' },
    }),
    named(
      'CreateServiceLinkedRoleForEC2Spot',
      ['iam:CreateServiceLinkedRole'],
      ['arn:aws:iam::*:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot'],
    ),
    named(
      'DescribeEC2ResourcesManagedByECS',
      ec2(
        'DescribeInstances DescribeInstanceTypes DescribeLaunchTemplates DescribeNetworkInterfaces DescribeInstanceTypeOfferings DescribeAvailabilityZones DescribeSecurityGroups DescribeSubnets DescribeVpcs',
      ),
    ),
  ],
};

const managedInstanceRole: ManagedPolicy = {
  path: '/',
  name: 'AmazonECSInstanceRolePolicyForManagedInstances',
  version: 'v1',
  statements: [
    named('ECSAgentDiscoverPollEndpointPermissions', ['ecs:DiscoverPollEndpoint']),
    named('ECSAgentRegisterPermissions', ['ecs:RegisterContainerInstance'], 'arn:aws:ecs:*:*:cluster/*'),
    named('ECSAgentPollPermissions', ['ecs:Poll'], 'arn:aws:ecs:*:*:container-instance/*'),
    named(
      'ECSAgentTelemetryPermissions',
      actions('ecs', 'StartTelemetrySession PutSystemLogEvents'),
      'arn:aws:ecs:*:*:container-instance/*',
    ),
    named(
      'ECSAgentStateChangePermissions',
      actions('ecs', 'SubmitAttachmentStateChanges SubmitTaskStateChange'),
      'arn:aws:ecs:*:*:cluster/*',
    ),
  ],
};

export const ecsInfrastructurePolicies: readonly ManagedPolicy[] = [
  volumes,
  certificates,
  vpcLattice,
  loadBalancers,
  managedInstances,
  managedInstanceRole,
];
