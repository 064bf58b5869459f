import type { RemoveTagsFromResourceCommandInput, RemoveTagsFromResourceCommandOutput } from '@aws-sdk/client-ssm';
import { parameters } from '#store/tables/secrets.ts';
import type { SsmOperation } from '../context.ts';
import { taggedParameter } from '../tagged-parameter.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RemoveTagsFromResource.html */
export const RemoveTagsFromResource: SsmOperation<
  RemoveTagsFromResourceCommandInput,
  RemoveTagsFromResourceCommandOutput
> = (ctx, input) => {
  const row = taggedParameter(ctx, input);
  const kept = Object.entries(row.tags).filter(([key]) => !input.TagKeys!.includes(key));
  ctx.store.transact((tx) => tx.put(parameters, { ...row, tags: Object.fromEntries(kept) }));
  return {};
};
