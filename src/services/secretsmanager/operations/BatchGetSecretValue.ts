import type {
  APIErrorType,
  BatchGetSecretValueCommandInput,
  BatchGetSecretValueCommandOutput,
  SecretValueEntry,
} from '@aws-sdk/client-secrets-manager';
import { scopeKey } from '#model/arn.ts';
import { Constraints } from '#protocol/constraints.ts';
import { AuthError } from '#protocol/errors.ts';
import { ServiceError } from '#protocol/service.ts';
import { secrets } from '#store/tables/secrets.ts';
import type { SecretsContext, SecretsOperation } from '../context.ts';
import { invalidParameter } from '../errors.ts';
import { compileFilters } from '../filters.ts';
import { page } from '../pages.ts';
import { secretPermission } from '../permissions.ts';
import { readValue } from '../read-value.ts';
import { resolveLiveSecret } from '../secrets.ts';

/** Each secret needs GetSecretValue of its own; what one fails with is said beside the others. */
function readOne(ctx: SecretsContext, SecretId: string): SecretValueEntry | APIErrorType {
  try {
    ctx.require(secretPermission(ctx, 'GetSecretValue', SecretId));
    return readValue(ctx, resolveLiveSecret(ctx, SecretId));
  } catch (error) {
    if (error instanceof AuthError) return { SecretId, ErrorCode: 'AccessDeniedException', Message: error.message };
    if (!(error instanceof ServiceError)) throw error;
    return { SecretId, ErrorCode: error.code, Message: error.message };
  }
}

function idsIn(ctx: SecretsContext, input: BatchGetSecretValueCommandInput) {
  if (input.SecretIdList) return { ids: input.SecretIdList };
  const matches = compileFilters(input.Filters);
  const rows = [...ctx.store.find(secrets, 'byScope', scopeKey(ctx))].filter(
    (row) => row.deletionAt === undefined && matches(row),
  );
  const { rows: found, ...rest } = page(input, { byDefault: 20, max: 20 }, rows, ({ arn }) => arn);
  return { ids: found.map(({ arn }) => arn), ...rest };
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html */
export const BatchGetSecretValue: SecretsOperation<
  BatchGetSecretValueCommandInput,
  BatchGetSecretValueCommandOutput
> = (ctx, input) => {
  new Constraints().size('secretIdList', input.SecretIdList?.length, { min: 1, max: 20 }).check();
  if ((input.SecretIdList === undefined) === (input.Filters === undefined)) {
    throw invalidParameter('You must include Filters or SecretIdList, but not both.');
  }
  if (input.SecretIdList && (input.MaxResults !== undefined || input.NextToken !== undefined)) {
    throw invalidParameter('MaxResults and NextToken can be used with Filters only.');
  }
  const { ids, ...rest } = idsIn(ctx, input);
  const entries = ids.map((id) => readOne(ctx, id));
  return {
    SecretValues: entries.filter((entry): entry is SecretValueEntry => !('ErrorCode' in entry)),
    Errors: entries.filter((entry): entry is APIErrorType => 'ErrorCode' in entry),
    ...rest,
  };
};
