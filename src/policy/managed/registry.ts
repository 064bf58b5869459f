/** Policies for ECR besides those in ecs.ts: pulling only, and public registries. */
import { actions, allow, type ManagedPolicy } from './managed-policy.ts';

const readPublic = [
  'ecr-public:GetAuthorizationToken',
  'sts:GetServiceBearerToken',
  ...actions(
    'ecr-public',
    'BatchCheckLayerAvailability GetRepositoryPolicy DescribeRepositories DescribeRegistries DescribeImages DescribeImageTags GetRepositoryCatalogData GetRegistryCatalogData',
  ),
];

export const registryPolicies: readonly ManagedPolicy[] = [
  {
    path: '/',
    name: 'AmazonEC2ContainerRegistryPullOnly',
    version: 'v1',
    statements: [
      allow(actions('ecr', 'GetAuthorizationToken BatchGetImage GetDownloadUrlForLayer BatchImportUpstreamImage')),
    ],
  },
  {
    path: '/',
    name: 'AmazonElasticContainerRegistryPublicFullAccess',
    description: 'Provides administrative access to Amazon ECR Public resources',
    version: 'v1',
    statements: [allow(['ecr-public:*', 'sts:GetServiceBearerToken'])],
  },
  {
    path: '/',
    name: 'AmazonElasticContainerRegistryPublicPowerUser',
    description:
      'Provides full access to Amazon ECR Public repositories, but does not allow repository deletion or policy changes.',
    version: 'v1',
    statements: [
      allow([
        ...readPublic,
        ...actions('ecr-public', 'InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage'),
      ]),
    ],
  },
  {
    path: '/',
    name: 'AmazonElasticContainerRegistryPublicReadOnly',
    description: 'Provides read-only access to Amazon ECR Public repositories.',
    version: 'v1',
    statements: [allow(readPublic)],
  },
];
