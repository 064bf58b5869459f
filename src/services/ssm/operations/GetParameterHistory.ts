import type { GetParameterHistoryCommandInput, GetParameterHistoryCommandOutput } from '@aws-sdk/client-ssm';
import { parameterVersions } from '#store/tables/secrets.ts';
import type { SsmOperation } from '../context.ts';
import { page } from '../pages.ts';
import { resolveParameter } from '../parameters.ts';
import { historyView } from '../views.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameterHistory.html. Oldest first. */
export const GetParameterHistory: SsmOperation<GetParameterHistoryCommandInput, GetParameterHistoryCommandOutput> = (
  ctx,
  input,
) => {
  const row = resolveParameter(ctx, input.Name!);
  const { rows, ...rest } = page(
    input,
    50,
    (after) => ctx.store.find(parameterVersions, 'byParameter', row.key, after),
    (version) => version.key,
  );
  return { Parameters: rows.map((version) => historyView(ctx, row, version, input.WithDecryption)), ...rest };
};
