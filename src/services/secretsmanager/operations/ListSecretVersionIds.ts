import type {
  ListSecretVersionIdsCommandInput,
  ListSecretVersionIdsCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import type { SecretsOperation } from '../context.ts';
import { page } from '../pages.ts';
import { resolveSecret, versionsOf } from '../secrets.ts';

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html */
export const ListSecretVersionIds: SecretsOperation<
  ListSecretVersionIdsCommandInput,
  ListSecretVersionIdsCommandOutput
> = (ctx, input) => {
  const { arn, name } = resolveSecret(ctx, input.SecretId!);
  const versions = versionsOf(ctx.store, arn)
    .filter(({ stages }) => input.IncludeDeprecated || stages.length > 0)
    .reverse();
  const { rows, ...rest } = page(input, { byDefault: 100, max: 100 }, versions, ({ versionId }) => versionId);
  return {
    ARN: arn,
    Name: name,
    Versions: rows.map((version) => ({
      VersionId: version.versionId,
      ...(version.stages.length > 0 && { VersionStages: [...version.stages] }),
      ...(version.accessedDay !== undefined && { LastAccessedDate: new Date(version.accessedDay) }),
      CreatedDate: new Date(version.createdAt),
      KmsKeyIds: [version.kmsKeyArn],
    })),
    ...rest,
  };
};
