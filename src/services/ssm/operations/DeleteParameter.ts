import type { DeleteParameterCommandInput, DeleteParameterCommandOutput } from '@aws-sdk/client-ssm';
import type { SsmOperation } from '../context.ts';
import { deleteParameter, resolveParameter } from '../parameters.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameter.html */
export const DeleteParameter: SsmOperation<DeleteParameterCommandInput, DeleteParameterCommandOutput> = (
  ctx,
  input,
) => {
  const row = resolveParameter(ctx, input.Name!);
  ctx.store.transact((tx) => deleteParameter(tx, row.key));
  return {};
};
