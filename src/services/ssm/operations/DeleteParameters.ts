import type { DeleteParametersCommandInput, DeleteParametersCommandOutput } from '@aws-sdk/client-ssm';
import { Constraints } from '#protocol/constraints.ts';
import type { SsmOperation } from '../context.ts';
import { parseName } from '../names.ts';
import { deleteParameter, findNamed } from '../parameters.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DeleteParameters.html */
export const DeleteParameters: SsmOperation<DeleteParametersCommandInput, DeleteParametersCommandOutput> = (
  ctx,
  input,
) => {
  new Constraints().size('names', input.Names!.length, { min: 1, max: 10 }).check();
  const deleted: string[] = [];
  const invalid: string[] = [];
  ctx.store.transact((tx) => {
    for (const name of input.Names!) {
      const named = parseName(ctx, name);
      const row = named?.selector === undefined ? findNamed(ctx, named) : undefined;
      if (row) deleteParameter(tx, row.key);
      (row ? deleted : invalid).push(name);
    }
  });
  return { DeletedParameters: deleted, InvalidParameters: invalid };
};
